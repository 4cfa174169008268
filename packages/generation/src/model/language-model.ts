/** A model, an extension and a backend put together: a language model that runs. */
import type { Backend, Session } from "@ropewalk/backend";
import { check, checkFunction } from "@ropewalk/check";
import { checkExtension, longerExtension, type ContextExtension } from "@ropewalk/context-extension";
import {
  cacheFormatOf,
  extendDecoder,
  attentionPathName,
  type CachePrecision,
  type DecoderSizes,
  type ExtendedDecoder,
} from "@ropewalk/decoder";
import type { CheckpointFolder, Precision } from "@ropewalk/models";
import { attentionsOf, type ReadAttentions, type VisitAttentions } from "../run/attentions.ts";
import { adapted, readAdapters, type AdapterChoice } from "./adapters.ts";
import { visitBatchLogits, type VisitBatchLogits } from "../run/batch.ts";
import { checkLatest } from "../cache/life.ts";
import { releaseCache, type KeyValueCache } from "../cache/cache.ts";
import { startChat, type Chat, type ConversationOptions } from "../conversation/chat.ts";
import type { GenerateOptions, TokenOptions } from "../generate/generate-options.ts";
import { generateTokens, type LoadedGraph } from "../generate/generate-tokens.ts";
import { generateText } from "../generate/generate-text.ts";
import { checkWeights } from "./check-weights.ts";
import { fingerprintOnce } from "./fingerprint.ts";
import { checkOpen, releaseLoaded, sessionFor, type Loaded } from "./loaded-model.ts";
import { openPrefix } from "../prefix/open-file.ts";
import type { FileOptions } from "../prefix/save-file.ts";
import { openModel, type OpenedModel, type OpenOptions } from "./open-model.ts";
import { startBehind } from "../prefix/start-behind.ts";
import { behindWhat, type AnyPrefix, type Prefix } from "../prefix/prefix.ts";
import { leaving } from "../prefix/prefix-of-run.ts";
import { prefixBytes } from "../prefix/prefix-bytes.ts";
import { readPrompt, type Reader, type ReadOptions } from "../prefix/read-prompt.ts";
import { prefill, type ChunkOptions, type ChunkResult, type PrefillOptions } from "../run/run.ts";
import { promptIds, textWriter, type Prompt } from "../text/prompt.ts";
import { quantizeOnLoad } from "./quantize-on-load.ts";
import type { TextCodec } from "../text/text-codec.ts";
import { checkIds } from "../run/check-ids.ts";
import { checkLoadOptions, checkLogitsOptions } from "../generate/check-options.ts";
import { checkSource, graphsOf, type ModelSource } from "./model-source.ts";

export type LoadOptions = OpenOptions & {
  /** Where it runs; there is no default. */
  readonly backend: Backend;
  /** Absent: the one that a checkpoint was tuned under or an export was extended with, or else the model as it is. */
  readonly extension?: ContextExtension;
  /** Rounds the weights to 4 or 8 bits when they are loaded. Absent: as they are stored. */
  readonly quantize?: Precision;
  /**
   * Adapters beside the weights (LoRA, in PEFT's layout): one, or several that add up, each as it is or as `{ source, scale }`. The
   * weights stay as they are stored, or as `quantize` rounds them.
   */
  readonly adapter?: AdapterChoice | readonly AdapterChoice[];
  /**
   * How keys and values are kept: in float32, in float16, or, those of settled tokens, in 8 bits, a quarter of the memory, at some
   * loss. Default: the backend's precision.
   */
  readonly cache?: CachePrecision;
  /** Reads all weights first, and refuses those that are NaN or infinite by name. Default false. */
  readonly checkWeights?: boolean;
  /** Called while they are rounded, with the tensors done and all. */
  readonly onQuantize?: (done: number, total: number) => void;
};

export type LogitsOptions = ChunkOptions & {
  /** What the ids stand behind: a text that was read with `read`. */
  readonly after?: AnyPrefix;
};

export type LanguageModel = {
  readonly backend: Backend;
  /** The loaded graph, for loops of one's own: `createCache`, `prefill`, `runChunk`. */
  readonly session: Session;
  /** The graph of several decode steps a run, for `runMultiStep`; loaded when it is first asked for. Absent where the backend has no Loop. */
  readonly multiStepSession?: (() => Promise<Session>) | undefined;
  readonly source: ModelSource;
  readonly extended: ExtendedDecoder;
  readonly text: TextCodec | undefined;
  /** Streams the text that follows a prompt. */
  readonly generate: (prompt: Prompt, options?: GenerateOptions) => AsyncGenerator<string, void, undefined>;
  /** Streams the tokens that follow a prompt. */
  readonly generateTokens: (prompt: Prompt, options?: TokenOptions) => AsyncGenerator<number, void, undefined>;
  /**
   * A prompt behind what a cache holds, as the function `prefill` runs it. Text behind other tokens has no bos; ids are run as they are.
   */
  readonly prefill: (cache: KeyValueCache, prompt: Prompt, options?: PrefillOptions) => Promise<ChunkResult>;
  /**
   * A text that is read once: what stands behind it, `generate(question, { after })`, is run alone, any number of times. It holds memory
   * until it is released.
   */
  readonly read: (prompt: Prompt, options?: ReadOptions) => Promise<Prefix>;
  /**
   * A text that was read before, out of the file that its prefix was saved in. One of other weights, another extension or another
   * precision of the cache is refused.
   */
  readonly open: (path: string | URL, options?: FileOptions) => Promise<Prefix>;
  /**
   * A conversation: a turn reads what is new, and goes on from what is held. It holds memory until it is released.
   */
  readonly chat: (options?: ConversationOptions) => Chat;
  /** The bytes that prefixes hold together, what they share once. */
  readonly prefixBytes: (prefixes: readonly AnyPrefix[]) => number;
  /**
   * Logits of every position, [ids.length, vocabSize]; of any length, whatever the capacity. Behind a prefix its last position is the
   * first: [1 + ids.length, vocabSize].
   */
  readonly logits: (ids: readonly number[], options?: LogitsOptions) => Promise<Float32Array>;
  /** The same chunk by chunk, [tokens, vocabSize] from position `start` on, for texts whose logits fill the memory. */
  readonly visitLogits: (
    ids: readonly number[],
    visit: (start: number, logits: Float32Array) => void,
    options?: LogitsOptions,
  ) => Promise<void>;
  /**
   * Logits of several texts of one length, run together chunk by chunk: `visit(start, logits)` with [tokens, vocabSize] of each text from
   * position `start` on. Of a checkpoint; a graph is made for each number of texts, and kept.
   */
  readonly visitBatchLogits: VisitBatchLogits;
  /**
   * What every token attends to, layer by layer: entropies [numHeads, ids.length] in nats, or maps [numHeads, ids.length, ids.length]. Of
   * any length, whatever the capacity.
   */
  readonly attentions: ReadAttentions;
  /** The same chunk by chunk, for texts whose maps fill the memory; with its logits where they are asked for. */
  readonly visitAttentions: VisitAttentions;
  /** The same weights under another extension; shares what is loaded. */
  readonly withExtension: (extension: ContextExtension) => Promise<LanguageModel>;
  /** Ends every session of this model and of those that share its weights, when their runs have ended. Once is enough. */
  readonly release: () => Promise<void>;
};

/** The first position that has logits: behind a prefix, that of its last token. */
const firstRow = (after: Prefix | undefined): number => (after === undefined ? 0 : after.ids.length - 1);

const assemble = async (loaded: Loaded, extension: ContextExtension): Promise<LanguageModel> => {
  checkOpen("withExtension", loaded);
  const { backend, source, text, cache: precision } = loaded;
  const { decoder, name, stopTokens, bosToken, tokenizer } = source;
  const texts = { text, name, bosToken };
  const extended = { ...extendDecoder<DecoderSizes>(decoder, extension, { cache: precision }), name };
  checkSource(source, extended);
  const { chunk, multiStep } = graphsOf(source, extended, backend);
  const layout = attentionPathName(extended);
  const session = await sessionFor(loaded, `chunk, ${layout}`, chunk);
  const multiStepSession =
    multiStep &&
    (async () => {
      checkOpen("multiStepSession", loaded);
      return sessionFor(loaded, `several steps, ${layout}`, multiStep);
    });
  const longer = async (length: number): Promise<LoadedGraph | undefined> => {
    const other = longerExtension(extension, extended.knownContext, length);
    return other && { ...(await assemble(loaded, other)), stopTokens };
  };
  const graph: LoadedGraph = { backend, session, multiStepSession, extended, stopTokens, tokenizer, longer };
  const reader: Reader = { loaded, graph, texts, extension };
  const tokens = (prompt: Prompt, options?: TokenOptions, hasEnded?: () => boolean) => {
    checkOpen("generate", loaded);
    const behind = options?.after !== undefined;
    const ids = promptIds("generate", texts, prompt, behind, behind ? 0 : 1);
    const onPrefix = options?.onPrefix;
    return generateTokens(graph, ids, options, hasEnded, onPrefix && leaving(reader, onPrefix));
  };
  const visitLogits: LanguageModel["visitLogits"] = async (ids, visit, options = {}) => {
    checkOpen("logits", loaded);
    checkFunction("visitLogits", "visit", visit);
    checkLogitsOptions(options);
    const { after: behind, ...chunks } = options;
    const after = behindWhat("logits", behind, extended);
    checkIds("logits", ids, decoder.vocabSize, after === undefined ? 1 : 0);
    const first = firstRow(after);
    const start = startBehind(graph, after, ids, (after?.ids.length ?? 0) + ids.length);
    const begin = start.cache.length;
    try {
      // What was read is run again where its keys did not hold.
      const onLogits = (at: number, logits: Float32Array): void => {
        const known = Math.max(0, first - begin - at);
        const rows = logits.subarray(known * decoder.vocabSize);
        if (rows.length > 0) visit(begin + at + known, rows);
      };
      await prefill(session, start.cache, start.ids, { ...chunks, onLogits });
    } finally {
      releaseCache(start.cache);
    }
  };
  return {
    backend,
    session,
    multiStepSession,
    source,
    extended,
    text,
    generateTokens: (prompt, options) => tokens(prompt, options),
    generate: (prompt, options) =>
      generateText(
        textWriter("generate", texts),
        stopTokens,
        (others, hasEnded) => tokens(prompt, others, hasEnded),
        options,
      ),
    prefill: async (cache, prompt, options) => {
      checkOpen("prefill", loaded);
      checkLatest("prefill", cache);
      // Its keys are rotated under the extension that it was made for, and so would those of the prompt be.
      check(
        cache.extended === extended,
        "prefill: cache must be made with the extended of this model",
        cache.extended.positions.name,
      );
      const ids = promptIds("prefill", texts, prompt, cache.length > 0);
      checkIds("prefill", ids, decoder.vocabSize);
      return prefill(session, cache, ids, options);
    },
    read: (prompt, options) => readPrompt(reader, prompt, options),
    prefixBytes,
    open: (path, options) => openPrefix(reader, path, options),
    chat: (options) => startChat(reader, options),
    logits: async (ids, options) => {
      const after = behindWhat("logits", options?.after, extended);
      checkIds("logits", ids, decoder.vocabSize, after === undefined ? 1 : 0);
      const first = firstRow(after);
      const all = new Float32Array(((after?.ids.length ?? 0) + ids.length - first) * decoder.vocabSize);
      await visitLogits(ids, (start, logits) => all.set(logits, (start - first) * decoder.vocabSize), options);
      return all;
    },
    visitLogits,
    visitBatchLogits: visitBatchLogits(loaded, extended),
    ...attentionsOf(loaded, extended),
    withExtension: async (other) => {
      checkExtension("withExtension", other);
      return assemble(loaded, other);
    },
    release: () => (loaded.life.released ??= releaseLoaded(loaded)),
  };
};

/**
 * Loads a model.
 *
 * @param source - in Node a folder's path or an id on the hub, anywhere a folder of files, or what `openModel` gave
 * @throws Error when a file is missing or lies, the family or a number is unknown, the extension does not fit, a weight is no
 *   number where that is looked for, or the backend cannot keep the cache as it is asked for
 */
export const loadModel = async (
  source: string | URL | CheckpointFolder | OpenedModel,
  loading: LoadOptions,
): Promise<LanguageModel> => {
  checkLoadOptions(loading);
  const { backend, extension, quantize, adapter, onQuantize, checkWeights: checking = false, ...options } = loading;
  const { cache = backend.precision, ...opening } = options;
  if (extension !== undefined) checkExtension("loadModel", extension);
  const { keys, values, recent } = cacheFormatOf({ cache });
  const type = [...keys, ...values, recent]
    .map((array) => array.type)
    .find((each) => !backend.bufferTypes.includes(each));
  if (type !== undefined)
    throw new RangeError(
      `loadModel: a cache in ${cache} needs a backend with buffers of ${type}, got ${backend.name} with ${backend.bufferTypes}`,
    );
  const opened = await openModel(source, opening);
  const { trainedContext } = opening;
  const adapters = await readAdapters(adapter);
  // What does not fit is told before anything is rounded.
  adapted(opened.source, adapters, trainedContext);
  if (checking) await checkWeights(opened.source);
  const { source: read, release: releaseWeights } = await quantizeOnLoad(opened.source, quantize, onQuantize);
  try {
    const beside = adapted(read, adapters, trainedContext);
    const fingerprint = fingerprintOnce(beside);
    const loaded: Loaded = {
      ...{ ...opened, fingerprint },
      source: beside,
      ...{ backend, cache, releaseWeights },
      sessions: new Map(),
      prefixes: new Set(),
      life: { released: undefined },
    };
    return await assemble(loaded, extension ?? beside.extension());
  } catch (error) {
    await releaseWeights();
    throw error;
  }
};
