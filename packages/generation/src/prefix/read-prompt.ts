/** Reads a text once and gives it as a prefix: a prompt, or text that follows another prefix. */
import type { ContextExtension } from "@ropewalk/context-extension";
import { decoderOutputs } from "@ropewalk/decoder";
import { settleWaiting } from "../cache/append.ts";
import { cacheBytes, releaseCache, type KeyValueCache } from "../cache/cache.ts";
import { checkCapacity, type BeyondCapacity } from "../overflow/capacity.ts";
import { checkIds } from "../run/check-ids.ts";
import { checkReadOptions } from "./check-prefix-options.ts";
import type { LoadedGraph } from "../model/loaded-graph.ts";
import { checkOpen, type Loaded } from "../model/loaded-model.ts";
import { promptIds, type Prompt, type PromptTexts } from "../text/prompt.ts";
import { prefillRows, type ChunkOptions } from "../run/chunk-rows.ts";
import { startBehind } from "./start-behind.ts";
import { checkUsable, type Prefix } from "./prefix.ts";
import { savePrefix } from "./save-file.ts";

export type ReadOptions = ChunkOptions & {
  /**
   * How many tokens will be run after the text. It matters only where frequencies depend on the length: they are chosen for the text and this
   * room, and a longer run reads the text again. Default 0, or the room that is left of the prefix that is extended.
   */
  readonly room?: number;
  /** A text that, with its room, is longer than the capacity is refused unless this is "allow". */
  readonly beyondCapacity?: BeyondCapacity;
};

/** The parts of a model that reading a text needs. */
export type Reader = {
  readonly loaded: Loaded;
  readonly graph: LoadedGraph;
  readonly texts: PromptTexts;
  readonly extension: ContextExtension;
};

/** Makes a prefix of a cache that has all ids but the last. The prefix holds the cache from then on. */
export const prefixOf = (reader: Reader, ids: readonly number[], cache: KeyValueCache): Prefix => {
  const { prefixes } = reader.loaded;
  let held = cache;
  const prefix: Prefix = {
    ids,
    get cache() {
      // Tokens that waited for another prefix to be released are settled once here; otherwise every fork would copy them.
      if (held.life.state === "ready") held = settleWaiting(held);
      return held;
    },
    get bytes() {
      return cacheBytes(held);
    },
    extend: (more, options) => extendPrefix(reader, prefix, more, options),
    save: (path, options) => savePrefix(reader, prefix, path, options),
    release: () => {
      prefixes.delete(cache);
      releaseCache(cache);
    },
  };
  prefixes.add(cache);
  return prefix;
};

/** Reads `ids` after a prefix, or from the beginning. */
export const readIds = async (
  where: string,
  reader: Reader,
  after: Pick<Prefix, "ids" | "cache"> | undefined,
  ids: readonly number[],
  { room, beyondCapacity: beyond, ...options }: ReadOptions,
): Promise<Prefix> => {
  const { loaded, graph } = reader;
  const { session, extended } = graph;
  checkIds(where, ids, extended.decoder.vocabSize);
  const all = after === undefined ? ids : [...after.ids, ...ids];
  const length = room === undefined ? Math.max(all.length, after?.cache.planned ?? 0) : all.length + room;
  checkCapacity(where, extended, room === undefined ? all.length : length, beyond);
  options.signal?.throwIfAborted();
  const start = startBehind(graph, after, ids, length);
  try {
    const before = start.ids.slice(0, -1);
    const { cache } =
      before.length === 0 ? start : await prefillRows(session, start.cache, before, decoderOutputs.likeliest, options);
    checkOpen(where, loaded);
    return prefixOf(reader, all, cache);
  } catch (error) {
    releaseCache(start.cache);
    throw error;
  }
};

/**
 * Reads a prompt.
 *
 * @throws TypeError when an option is not known or of another type, or the model is released
 * @throws RangeError when an id is outside the vocabulary, or the text exceeds the capacity and `beyondCapacity` is not "allow"; whatever
 *   the signal was aborted with
 */
export const readPrompt = async (reader: Reader, prompt: Prompt, options: ReadOptions = {}): Promise<Prefix> => {
  checkOpen("read", reader.loaded);
  checkReadOptions("read", options);
  return readIds("read", reader, undefined, promptIds("read", reader.texts, prompt), options);
};

const extendPrefix = async (
  reader: Reader,
  prefix: Prefix,
  more: Prompt,
  options: ReadOptions = {},
): Promise<Prefix> => {
  checkOpen("extend", reader.loaded);
  checkUsable("extend", "the prefix", prefix, reader.graph.extended);
  checkReadOptions("extend", options);
  return readIds("extend", reader, prefix, promptIds("extend", reader.texts, more, true), options);
};
