/** The type of a kind of task, such as niah or variable tracking. A task is a kind with its parameters. */
import type { TextCodec } from "@ropewalk/generation";
import type { Random } from "../random-draws.ts";
import type { Draft } from "../fit/draft.ts";
import type { Documents } from "../documents.ts";

/** The sources that the user brings. */
export type Sources = {
  /** The words of the essays, in order. */
  readonly essays: readonly string[];
  readonly documents: Documents;
};

/** The sample that is drawn. */
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
  /** The source that it needs. */
  readonly needs?: "essays" | "squad" | "hotpotqa";
  readonly score: (answer: string, answers: readonly string[]) => number;
  readonly draft: (random: Random, place: DraftPlace, sources: Sources) => Draft;
};
