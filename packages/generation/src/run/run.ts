/** Running a decoder over tokens: one chunk, or a whole prompt in chunks. State goes in and comes out. */
import { float32, int64, type HostTensor, type Session, type Tensor } from "@ropewalk/backend";
import { frequenciesFor } from "@ropewalk/context-extension";
import {
  chunkMasks,
  chunkNumbers,
  decoderInputs,
  longestChunk,
  decoderOutputs,
  type Chunk,
  type ExtendedDecoder,
  type Numbers,
} from "@ropewalk/decoder";
import { dependsOnLength } from "@ropewalk/rope";
import { append } from "../cache/append.ts";
import { checkPrefillOptions } from "../generate/check-options.ts";
import { runOn } from "../cache/life.ts";
import { replaceCache, type KeyValueCache } from "../cache/cache.ts";
import { checkNumbers } from "./check-numbers.ts";
import { rowOf } from "./row-of.ts";
import { cacheFeeds, cacheWidths } from "../cache/feeds.ts";

/** Logits [rows, vocabSize] of the asked rows, and the cache with the chunk behind it. */
export type ChunkResult = { readonly logits: Float32Array; readonly cache: KeyValueCache };

/** An output that has a row for each of those asked, and the cache with the chunk behind it. */
export type RowsResult = { readonly rows: HostTensor; readonly cache: KeyValueCache };

const asTensors = (numbers: Readonly<Record<string, Numbers>>): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(Object.entries(numbers).map(([name, { dims, data }]) => [name, float32(dims, data)]));

const masksOf = (cache: KeyValueCache, chunk: Chunk): Readonly<Record<string, Numbers>> =>
  Object.assign(
    {},
    ...cache.groups.map((own, place) => chunkMasks(place, own.group.attentionPath, chunk, cacheWidths(own, cache))),
  ) as Readonly<Record<string, Numbers>>;

/** What the next chunk reads besides its ids: its numbers, its masks, and the cache. */
export const chunkFeeds = (cache: KeyValueCache, chunk: Chunk): Readonly<Record<string, Tensor>> => ({
  ...asTensors(chunkNumbers(cache.extended, cache.frequencies, chunk)),
  ...asTensors(masksOf(cache, chunk)),
  ...cacheFeeds(cache, chunk),
});

/** Outputs that are read besides, and who takes them, with the cache as the chunk saw it. */
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

/** Runs the graph on a chunk behind what the cache holds. @param ids - its tokens; of a batch those of each text, one behind the other */
export const chunkResults = (
  session: Session,
  cache: KeyValueCache,
  chunk: Chunk,
  ids: readonly number[],
  rows: readonly number[],
  read: readonly string[],
): Promise<Readonly<Record<string, Tensor>>> =>
  session.run(
    {
      [decoderInputs.ids]: int64([ids.length], ids),
      [decoderInputs.logitRows]: int64([rows.length], rows),
      ...chunkFeeds(cache, chunk),
    },
    { read, keep: cache.appended },
  );

/** Runs a chunk, and puts nothing into the cache. */
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

/** As `runChunk`, but for what it brings back: any one output that has rows. */
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
  const given = results[output] as HostTensor;
  const positions = rows.map((row) => chunk.start + row);
  checkNumbers(ready, output, given, positions);
  watch?.take(ready, chunk, results);
  return { rows: given, cache: append(ready, ids, { results, rows: ids.length }) };
};

/** A chunk that was run and of which not every token may stay. */
export type TriedRows = {
  /** An output's row for each of its tokens. */
  readonly rows: HostTensor;
  /** That of a token must be of numbers. Those behind a wrong token may be of anything. */
  readonly check: (row: number) => void;
  /** The cache with its first `count` tokens. */
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

/**
 * Runs one chunk of at most `longestChunk` tokens.
 *
 * Where the frequencies depend on the length and the chunk goes beyond the planned one, they are taken anew for at least
 * twice as much, and the keys of all tokens so far are computed again with them.
 *
 * @param rows - which of the chunk's tokens get logits, at least one
 * @throws RangeError when there are more; TypeError unless the cache is the value that was handed out last
 */
export const runChunk = async (
  session: Session,
  cache: KeyValueCache,
  ids: readonly number[],
  rows: readonly number[],
): Promise<ChunkResult> => {
  const ran = await runOn("runChunk", cache, () => runRows(session, cache, ids, rows, decoderOutputs.logits));
  return { logits: ran.rows.data as Float32Array, cache: ran.cache };
};

type Frequencies = KeyValueCache["frequencies"];

const sameFrequencies = (all: Frequencies, others: Frequencies): boolean =>
  all.every((a, group) => {
    const b = others[group];
    return (
      a?.attentionScale === b?.attentionScale &&
      (a?.inverseFrequencies.every((frequency, pair) => frequency === b!.inverseFrequencies[pair]) ?? true)
    );
  });

/** Whether the frequencies of a group are others in a longer run. */
const areOfLength = ({ groups }: ExtendedDecoder): boolean =>
  groups.some(({ rope }) => rope !== undefined && dependsOnLength(rope.scaling));

/** How many of `count` tokens more the cache's frequencies hold for. */
export const tokensHeld = ({ extended, planned, frequencies, length }: KeyValueCache, count: number): number =>
  length + count <= planned ||
  !areOfLength(extended) ||
  sameFrequencies(frequencies, frequenciesFor(extended, length + count))
    ? count
    : Math.max(0, planned - length);

/** The cache as it is where its frequencies still hold for `length` tokens, or else one with all its keys computed anew. */
export const replanned = async (session: Session, cache: KeyValueCache, length: number): Promise<KeyValueCache> => {
  const { extended, planned, frequencies, ids } = cache;
  if (length <= planned || !areOfLength(extended)) return cache;
  if (sameFrequencies(frequencies, frequenciesFor(extended, length))) return { ...cache, planned: length };
  // Twice as much: a run that grows token by token is computed anew a few times, not at every token.
  const plan = { length: Math.max(length, 2 * planned) };
  const fresh = replaceCache(cache, plan);
  return ids.length === 0 ? fresh : (await prefillRows(session, fresh, ids, decoderOutputs.likeliest)).cache;
};

export type PrefillOptions = {
  /** Tokens a chunk, at most; never more than the mapping's window, or across the end of a chunk of its own, are taken. Default 512. */
  readonly chunkSize?: number | undefined;
  /**
   * Given: every token gets logits, handed out chunk by chunk as [tokens, vocabSize] from position `start` on. Absent: only
   * the last token does.
   */
  readonly onLogits?: ((start: number, logits: Float32Array) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each chunk with the tokens done and the tokens asked. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
};

/** How tokens are run in chunks, whatever comes of them. */
export type ChunkOptions = Pick<PrefillOptions, "chunkSize" | "signal" | "onProgress">;

type RowsOptions = Omit<PrefillOptions, "onLogits"> & {
  /** Called after each chunk with its first position, and its rows: that of its last token, or with `allRows` of every one. */
  readonly onChunk?: ((start: number, rows: HostTensor) => void) | undefined;
  readonly allRows?: boolean;
  readonly watch?: Watch;
};

export const defaultChunkSize = 512;

/** The longest chunk that all layers allow behind what the cache holds. */
export const longestNext = ({ extended, length }: Pick<KeyValueCache, "extended" | "length">): number =>
  Math.min(...extended.groups.map(({ attentionPath }) => longestChunk(attentionPath, length)));

/** As `prefill`, but for what it brings back: any one output that has rows. */
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
    const held = result?.cache ?? cache;
    const chunk = ids.slice(done, done + Math.min(chunkSize, longestNext(held)));
    const rows = allRows ? chunk.map((_, row) => row) : [chunk.length - 1];
    result = await runRows(session, held, chunk, rows, output, watch);
    onChunk?.(done, result.rows);
    done += chunk.length;
    onProgress?.(done, ids.length);
  }
  return result!;
};

/**
 * Runs a prompt in chunks behind what the cache holds: the last token's logits [1, vocabSize], and the cache with the prompt
 * in it. Neither depends on the chunk size.
 *
 * @throws RangeError when there are no ids or `chunkSize` is not a positive integer; TypeError unless the cache is the value that
 *   was handed out last; whatever the signal was aborted with
 */
export const prefill = async (
  session: Session,
  cache: KeyValueCache,
  ids: readonly number[],
  given: PrefillOptions = {},
): Promise<ChunkResult> => {
  checkPrefillOptions(given);
  const { onLogits, ...options } = given;
  const onChunk = onLogits && ((start: number, { data }: HostTensor) => onLogits(start, data as Float32Array));
  const rows = { onChunk, allRows: onLogits !== undefined };
  const run = () => prefillRows(session, cache, ids, decoderOutputs.logits, { ...options, ...rows });
  const ran = await runOn("prefill", cache, run);
  const { vocabSize } = cache.extended.decoder;
  return { logits: (ran.rows.data as Float32Array).subarray(-vocabSize), cache: ran.cache };
};
