/**
 * Runs tokens in chunks and gives one output's rows: for some tokens of a chunk, for all of them, or for the last token of a prompt.
 * Where the frequencies of the cache no longer hold, all keys are computed again first.
 */
import type { HostTensor, Session, Tensor } from "@ropewalk/backend";
import { decoderOutputs, longestChunk, type Chunk } from "@ropewalk/decoder";
import { append } from "../cache/append.ts";
import { replaceCache, withFields, type KeyValueCache } from "../cache/cache.ts";
import { checkNumbers } from "./check-numbers.ts";
import { chunkResults } from "./chunk-feeds.ts";
import { dependOnLength, frequenciesHold } from "./planned-length.ts";
import { rowOf } from "./row-of.ts";

/** An output's rows for the tokens that were asked for, and the cache with the chunk in it. */
export type RowsResult = { readonly rows: HostTensor; readonly cache: KeyValueCache };

/** Further outputs to read, and the function that takes them, together with the cache as the chunk saw it. */
export type Watch = {
  readonly outputs: readonly string[];
  readonly take: (cache: KeyValueCache, chunk: Chunk, results: Readonly<Record<string, Tensor>>) => void;
};

type Ran = {
  /** The cache that the chunk saw. */
  readonly cache: KeyValueCache;
  readonly chunk: Chunk;
  readonly results: Readonly<Record<string, Tensor>>;
};

/** The longest chunk that all layers allow after the cached tokens. */
export const longestNext = ({ extended, length }: Pick<KeyValueCache, "extended" | "length">): number =>
  Math.min(...extended.groups.map(({ attentionPath }) => longestChunk(attentionPath, length)));

/** The cache as it is where its frequencies hold for `length` tokens, or else one with all its keys computed again. */
export const replanned = async (session: Session, cache: KeyValueCache, length: number): Promise<KeyValueCache> => {
  if (length <= cache.planned || !dependOnLength(cache.extended)) return cache;
  if (frequenciesHold(cache, length)) return withFields(cache, { planned: length });
  // Twice as much: a run that grows token by token is computed again a few times, not at every token.
  const { ids } = cache;
  const fresh = replaceCache(cache, { length: Math.max(length, 2 * cache.planned) });
  return ids.length === 0 ? fresh : (await prefillRows(session, fresh, ids, decoderOutputs.likeliest)).cache;
};

/** Runs a chunk without putting it into the cache. */
const ranChunk = async (
  session: Session,
  cache: KeyValueCache,
  ids: readonly number[],
  rows: readonly number[],
  read: readonly string[],
): Promise<Ran> => {
  const longest = longestNext(cache);
  if (ids.length > longest)
    throw new RangeError(
      `runChunk: ids must hold at most ${longest} tokens behind ${cache.length} under ${cache.extended.positions.name}, got ${ids.length}`,
    );
  const ready = await replanned(session, cache, cache.length + ids.length);
  const chunk: Chunk = { start: cache.length, length: ids.length };
  return { cache: ready, chunk, results: await chunkResults(session, ready, chunk, ids, rows, read) };
};

/** Runs a chunk as `runChunk` does, but gives any one output that has rows. */
export const runRows = async (
  session: Session,
  cache: KeyValueCache,
  ids: readonly number[],
  rows: readonly number[],
  output: string,
  watch?: Watch,
): Promise<RowsResult> => {
  const read = watch === undefined ? [output] : [output, ...watch.outputs];
  const { cache: ready, chunk, results } = await ranChunk(session, cache, ids, rows, read);
  const found = results[output] as HostTensor;
  const positions = rows.map((row) => chunk.start + row);
  checkNumbers(ready, output, found, positions);
  watch?.take(ready, chunk, results);
  return { rows: found, cache: append(ready, ids, { results, rows: ids.length }) };
};

/** A chunk that was run, of which the first tokens may be kept and the others dropped. */
export type TriedRows = {
  /** An output's row for each token of the chunk. */
  readonly rows: HostTensor;
  /** Checks that the row of a token has numbers. Rows after a wrong token need not be checked. */
  readonly check: (row: number) => void;
  /** Gives the cache with the first `count` tokens of the chunk. */
  readonly keep: (count: number) => KeyValueCache;
};

/** Runs a chunk with a row for each of its tokens. */
export const tryRows = async (
  session: Session,
  cache: KeyValueCache,
  ids: readonly number[],
  output: string,
): Promise<TriedRows> => {
  const every = ids.map((_, row) => row);
  const { cache: ready, chunk, results } = await ranChunk(session, cache, ids, every, [output]);
  const rows = results[output] as HostTensor;
  return {
    rows,
    check: (row) => checkNumbers(ready, output, rowOf(rows, row), [chunk.start + row]),
    keep: (count) => append(ready, ids.slice(0, count), { results, rows: ids.length }),
  };
};

/** How tokens are run in chunks. */
export type ChunkOptions = {
  /** Tokens in a chunk, at most. A chunk never exceeds the mapping's window and never crosses the end of a chunk of the mapping's own. Default 512. */
  readonly chunkSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each chunk with the number of tokens done and of all tokens. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
};

type RowsOptions = ChunkOptions & {
  /** Called after each chunk with its first position and its rows: the row of its last token, or with `allRows` of every token. */
  readonly onChunk?: ((start: number, rows: HostTensor) => void) | undefined;
  readonly allRows?: boolean;
  readonly watch?: Watch;
};

export const defaultChunkSize = 512;

/** Runs a prompt as `prefill` does, but gives any one output that has rows. */
export const prefillRows = async (
  session: Session,
  cache: KeyValueCache,
  ids: readonly number[],
  output: string,
  { chunkSize = defaultChunkSize, onChunk, allRows = false, watch, signal, onProgress }: RowsOptions = {},
): Promise<RowsResult> => {
  if (ids.length === 0) throw new RangeError("prefill: ids must hold at least 1 token, got 0");
  if (!Number.isInteger(chunkSize) || chunkSize < 1)
    throw new RangeError(`prefill: chunkSize must be a positive integer, got ${chunkSize}`);
  let result: RowsResult | undefined;
  for (let done = 0; done < ids.length;) {
    signal?.throwIfAborted();
    const before = result?.cache ?? cache;
    const chunk = ids.slice(done, done + Math.min(chunkSize, longestNext(before)));
    const rows = allRows ? chunk.map((_, row) => row) : [chunk.length - 1];
    result = await runRows(session, before, chunk, rows, output, watch);
    onChunk?.(done, result.rows);
    done += chunk.length;
    onProgress?.(done, ids.length);
  }
  return result!;
};
