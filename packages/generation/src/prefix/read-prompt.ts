/** Reading a text once: a prompt, or what follows a text that was read, as a prefix. */
import type { ContextExtension } from "@ropewalk/context-extension";
import { decoderOutputs } from "@ropewalk/decoder";
import { settleWaiting } from "../cache/append.ts";
import { cacheBytes, releaseCache, type KeyValueCache } from "../cache/cache.ts";
import { checkCapacity, type BeyondCapacity } from "../overflow/capacity.ts";
import { checkIds } from "../run/check-ids.ts";
import { checkReadOptions } from "../generate/check-options.ts";
import type { LoadedGraph } from "../generate/generate-tokens.ts";
import { checkOpen, type Loaded } from "../model/loaded-model.ts";
import { promptIds, type Prompt, type PromptTexts } from "../text/prompt.ts";
import { prefillRows, type ChunkOptions } from "../run/run.ts";
import { startBehind } from "./start-behind.ts";
import { checkUsable, type Prefix } from "./prefix.ts";
import { savePrefix } from "./save-file.ts";

export type ReadOptions = ChunkOptions & {
  /**
   * Tokens that will be run behind it. Frequencies that depend on the length are chosen with them; a longer run reads the text anew. Default
   * 0, or what was left of the prefix's that is extended. All others need none.
   */
  readonly room?: number;
  /** A text, with the room behind it, that is longer than the capacity is refused unless this says "allow". */
  readonly beyondCapacity?: BeyondCapacity;
};

/** What of a model reads. */
export type Reader = {
  readonly loaded: Loaded;
  readonly graph: LoadedGraph;
  readonly texts: PromptTexts;
  readonly extension: ContextExtension;
};

/** The prefix that a cache of all ids but the last is, which holds it from then on. */
export const prefixOf = (reader: Reader, ids: readonly number[], cache: KeyValueCache): Prefix => {
  const { prefixes } = reader.loaded;
  let held = cache;
  const prefix: Prefix = {
    ids,
    get cache() {
      // What waited for another prefix to end is as well laid out once: who forks it would copy it each time.
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

/** Reads `ids` behind a prefix or nothing. */
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
