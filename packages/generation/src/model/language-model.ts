/** What a loaded model can do: the type that `loadModel` and `withExtension` give. */
import type { Backend, Session } from "@ropewalk/backend";
import type { ContextExtension } from "@ropewalk/context-extension";
import type { ExtendedDecoder } from "@ropewalk/decoder";
import type { KeyValueCache } from "../cache/cache.ts";
import type { Chat, ConversationOptions } from "../conversation/chat.ts";
import type { GenerateOptions, TokenOptions } from "../generate/generate-options.ts";
import type { AnyPrefix, Prefix } from "../prefix/prefix.ts";
import type { ReadOptions } from "../prefix/read-prompt.ts";
import type { FileOptions } from "../prefix/save-file.ts";
import type { ReadAttentions, VisitAttentions } from "../run/attentions.ts";
import type { VisitBatchLogits } from "../run/batch.ts";
import type { ReadLogits, VisitLogits } from "../run/logits.ts";
import type { PrefillOptions } from "../run/prefill.ts";
import type { ChunkResult } from "../run/run-chunk.ts";
import type { Prompt } from "../text/prompt.ts";
import type { TextCodec } from "../text/text-codec.ts";
import type { ModelSource } from "./model-source.ts";

export type LanguageModel = {
  readonly backend: Backend;
  /** The session of the loaded graph, for a loop of your own with `createCache`, `prefill` and `runChunk`. */
  readonly session: Session;
  /** Gives the session of the graph of several decode steps, for `runMultiStep`. Loaded at the first call; absent where the backend has no Loop. */
  readonly multiStepSession?: (() => Promise<Session>) | undefined;
  readonly source: ModelSource;
  readonly extended: ExtendedDecoder;
  readonly text: TextCodec | undefined;
  /** Streams the text that follows a prompt. */
  readonly generate: (prompt: Prompt, options?: GenerateOptions) => AsyncGenerator<string, void, undefined>;
  /** Streams the tokens that follow a prompt. */
  readonly generateTokens: (prompt: Prompt, options?: TokenOptions) => AsyncGenerator<number, void, undefined>;
  /**
   * Runs a prompt after the tokens of a cache, as the function `prefill` does. Text that follows other tokens gets no bos; ids are run as
   * they are.
   */
  readonly prefill: (cache: KeyValueCache, prompt: Prompt, options?: PrefillOptions) => Promise<ChunkResult>;
  /**
   * Reads a text once and gives it as a prefix. `generate(question, { after: prefix })` then runs the question alone, any number of times. A
   * prefix holds memory until it is released.
   */
  readonly read: (prompt: Prompt, options?: ReadOptions) => Promise<Prefix>;
  /**
   * Opens a prefix that was saved to a file. A prefix of other weights, another extension or another precision of the cache is refused.
   */
  readonly open: (path: string | URL, options?: FileOptions) => Promise<Prefix>;
  /** Starts a conversation. Each turn reads only what is new. A conversation holds memory until it is released. */
  readonly chat: (options?: ConversationOptions) => Chat;
  /** The bytes that several prefixes hold together. Shared memory counts once. */
  readonly prefixBytes: (prefixes: readonly AnyPrefix[]) => number;
  /**
   * Logits of every position, [ids.length, vocabSize], for a text of any length, whatever the capacity. After a prefix the first row is that
   * of the prefix's last position: [1 + ids.length, vocabSize].
   */
  readonly logits: ReadLogits;
  /** The same logits chunk by chunk, [tokens, vocabSize] from position `start` on, for texts whose logits do not fit in memory. */
  readonly visitLogits: VisitLogits;
  /**
   * Logits of several texts of one length, run together chunk by chunk: `visit(start, logits)` gets [tokens, vocabSize] of each text from
   * position `start` on. Only for checkpoints. A graph is made for each number of texts and kept.
   */
  readonly visitBatchLogits: VisitBatchLogits;
  /**
   * The attention of every token, layer by layer: entropies [numHeads, ids.length] in nats, or maps [numHeads, ids.length, ids.length]. For a
   * text of any length, whatever the capacity.
   */
  readonly attentions: ReadAttentions;
  /** The same attention chunk by chunk, for texts whose maps do not fit in memory; with the chunk's logits on request. */
  readonly visitAttentions: VisitAttentions;
  /** The same weights under another extension. Both models share what is loaded. */
  readonly withExtension: (extension: ContextExtension) => Promise<LanguageModel>;
  /** Ends every session of this model and of the models that share its weights, after their runs have ended. Calling it once is enough. */
  readonly release: () => Promise<void>;
};
