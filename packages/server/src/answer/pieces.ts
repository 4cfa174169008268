/** What comes of a run, before it has the wire's form. */

import type { GeneratedToken } from "@ropewalk/generation";

export type FinishReason = "stop" | "length";

/** A piece of the answer with this index; several answers may be asked for. */
export type Piece =
  | {
      readonly kind: "text";
      readonly index: number;
      readonly text: string;
      /** Those that it is of, where their log-probabilities are asked for. */
      readonly tokens: readonly GeneratedToken[];
    }
  | { readonly kind: "end"; readonly index: number; readonly reason: FinishReason };

export type Usage = {
  readonly promptTokens: number;
  /** Those of them that had been read before. */
  readonly cachedTokens: number;
  readonly newTokens: number;
};

/** Pieces as they come, and what it took. */
export type Pieces = AsyncGenerator<Piece, Usage, undefined>;
