/** What a kind of task is: niah, variable tracking, and so on. A task is a kind with its parameters. */
import type { TextCodec } from "@ropewalk/generation";
import type { Random } from "../random-draws.ts";
import type { Draft } from "../fit/draft.ts";
import type { Documents } from "../documents.ts";

/** What tasks are made of that a person brings. */
export type Sources = {
  /** The words of the essays, in order. */
  readonly essays: readonly string[];
  readonly documents: Documents;
};

/** For which sample. */
export type DraftPlace = {
  readonly codec: TextCodec;
  readonly length: number;
  readonly seed: number;
  readonly index: number;
  readonly samples: number;
};

export type RulerKind = {
  /** Tokens to generate. */
  readonly maxNewTokens: number;
  /** What it cannot do without. */
  readonly needs?: "essays" | "squad" | "hotpotqa";
  readonly score: (answer: string, answers: readonly string[]) => number;
  readonly draft: (random: Random, place: DraftPlace, sources: Sources) => Draft;
};
