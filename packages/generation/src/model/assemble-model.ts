/** Puts loaded weights, an extension and a backend together: a language model that runs. */
import { check } from "@ropewalk/check";
import { checkExtension, longerExtension, type ContextExtension } from "@ropewalk/context-extension";
import { extendDecoder, attentionPathName, type DecoderSizes } from "@ropewalk/decoder";
import { checkLatest } from "../cache/cache-life.ts";
import { startChat } from "../conversation/start-chat.ts";
import type { TokenOptions } from "../generate/generate-options.ts";
import { generateText } from "../generate/generate-text.ts";
import { generateTokens } from "../generate/generate-tokens.ts";
import type { LoadedGraph } from "./loaded-graph.ts";
import { openPrefix } from "../prefix/open-file.ts";
import { prefixBytes } from "../prefix/prefix-bytes.ts";
import { leaving } from "../prefix/prefix-of-run.ts";
import { readPrompt, type Reader } from "../prefix/read-prompt.ts";
import { attentionsOf } from "../run/attentions.ts";
import { visitBatchLogits } from "../run/batch.ts";
import { checkIds } from "../run/check-ids.ts";
import { logitsOf } from "../run/logits.ts";
import { prefill } from "../run/prefill.ts";
import { promptIds, textWriter, type Prompt } from "../text/prompt.ts";
import type { LanguageModel } from "./language-model.ts";
import { checkOpen, releaseLoaded, sessionFor, type Loaded } from "./loaded-model.ts";
import { checkSource, graphsOf } from "./model-source.ts";

/** A model of the loaded weights under an extension. */
export const assembleModel = async (loaded: Loaded, extension: ContextExtension): Promise<LanguageModel> => {
  checkOpen("withExtension", loaded);
  const { backend, source, text, cache: precision } = loaded;
  const { decoder, name, stopTokens, bosToken, tokenizer } = source;
  const texts = { text, name, bosToken };
  const extended = { ...extendDecoder<DecoderSizes>(decoder, extension, { cache: precision }), name };
  checkSource(source, extended);
  const { chunk, multiStep } = graphsOf(source, extended, backend);
  const pathName = attentionPathName(extended);
  const session = await sessionFor(loaded, `chunk, ${pathName}`, chunk);
  const multiStepSession =
    multiStep &&
    (async () => {
      checkOpen("multiStepSession", loaded);
      return sessionFor(loaded, `several steps, ${pathName}`, multiStep);
    });
  const longer = async (length: number): Promise<LoadedGraph | undefined> => {
    const other = longerExtension(extension, extended.knownContext, length);
    return other && { ...(await assembleModel(loaded, other)), stopTokens };
  };
  const graph: LoadedGraph = { backend, session, multiStepSession, extended, stopTokens, tokenizer, longer };
  const reader: Reader = { loaded, graph, texts, extension };
  const tokensAfter = (prompt: Prompt, options?: TokenOptions, hasEnded?: () => boolean) => {
    checkOpen("generate", loaded);
    const hasPrefix = options?.after !== undefined;
    const ids = promptIds("generate", texts, prompt, hasPrefix, hasPrefix ? 0 : 1);
    const onPrefix = options?.onPrefix;
    return generateTokens(graph, ids, options, hasEnded, onPrefix && leaving(reader, onPrefix));
  };
  return {
    backend,
    session,
    multiStepSession,
    source,
    extended,
    text,
    generateTokens: (prompt, options) => tokensAfter(prompt, options),
    generate: (prompt, options) =>
      generateText(
        textWriter("generate", texts),
        stopTokens,
        (others, hasEnded) => tokensAfter(prompt, others, hasEnded),
        options,
      ),
    prefill: async (cache, prompt, options) => {
      checkOpen("prefill", loaded);
      checkLatest("prefill", cache);
      // A cache holds keys that are rotated under one extension; keys under another would not fit beside them.
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
    ...logitsOf(loaded, graph),
    visitBatchLogits: visitBatchLogits(loaded, extended),
    ...attentionsOf(loaded, extended),
    withExtension: async (other) => {
      checkExtension("withExtension", other);
      return assembleModel(loaded, other);
    },
    release: () => {
      loaded.life.released ??= releaseLoaded(loaded);
      return loaded.life.released;
    },
  };
};
