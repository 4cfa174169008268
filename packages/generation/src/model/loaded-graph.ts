/** A loaded model under an extension, as runs need it. */
import type { Backend, Session } from "@ropewalk/backend";
import type { ExtendedDecoder } from "@ropewalk/decoder";
import type { TokenizerFiles } from "@ropewalk/models";

export type LoadedGraph = {
  readonly backend: Backend;
  readonly session: Session;
  /** Gives the session of the multi-step graph, loaded at the first call. Absent where there is no such graph. */
  readonly multiStepSession?: (() => Promise<Session>) | undefined;
  readonly extended: ExtendedDecoder;
  readonly stopTokens: readonly number[];
  /** The tokenizer, where it is known. A draft model must have the same one. */
  readonly tokenizer?: TokenizerFiles | undefined;
  /** Gives the same model under its extension with a larger number that has room for `length` tokens. Undefined where there is none. */
  readonly longer?: (length: number) => Promise<LoadedGraph | undefined>;
};
