/** The output of a run, before it is put into the wire format. */
import type { GeneratedToken } from "@ropewalk/generation";

export type FinishReason = "stop" | "length";

/** A piece of one of a request's answers; `index` says of which. */
export type Piece =
  | {
      readonly kind: "text";
      readonly index: number;
      readonly text: string;
      /** The text's tokens, where log-probabilities are asked for. */
      readonly tokens: readonly GeneratedToken[];
    }
  | { readonly kind: "end"; readonly index: number; readonly reason: FinishReason };

export type Usage = {
  readonly promptTokens: number;
  /** Tokens of prompts that had been read before. */
  readonly cachedTokens: number;
  readonly newTokens: number;
};

/** The pieces as they come, and at the end the usage. */
export type Pieces = AsyncGenerator<Piece, Usage, undefined>;
