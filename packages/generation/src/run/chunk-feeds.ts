/** One run of the chunk graph: what is fed to it besides the token ids, and what it gives. */
import { float32, int64, type Session, type Tensor } from "@ropewalk/backend";
import { chunkMasks, chunkNumbers, chunkRanges, decoderInputs, type Chunk, type Numbers } from "@ropewalk/decoder";
import type { KeyValueCache } from "../cache/cache.ts";
import { cacheFeeds, cacheWidths } from "../cache/cache-feeds.ts";

const asTensors = (numbers: Readonly<Record<string, Numbers>>): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(Object.entries(numbers).map(([name, { dims, data }]) => [name, float32(dims, data)]));

const masksOf = (cache: KeyValueCache, chunk: Chunk): Readonly<Record<string, Numbers>> =>
  Object.assign(
    {},
    ...cache.groups.map((own, place) => chunkMasks(place, own.group.attentionPath, chunk, cacheWidths(own, cache))),
  ) as Readonly<Record<string, Numbers>>;

/** The ranges of tokens of each part, which a kernel goes by. */
const rangesOf = (cache: KeyValueCache, chunk: Chunk): Readonly<Record<string, Tensor>> => {
  const feeds: Record<string, Tensor> = {};
  cache.groups.forEach((own, place) => {
    const { attentionPath } = own.group;
    const stretches = own.stretches.map(({ stretch }) => stretch);
    const ranges = chunkRanges(place, { stretches }, attentionPath, chunk, own);
    for (const [name, { dims, data }] of Object.entries(ranges))
      feeds[name] = { place: "host", type: "int32", dims, data };
  });
  return feeds;
};

/**
 * What the next chunk reads besides its ids: its numbers, its masks and the cache. Where a kernel attends, the graph reads the ranges of
 * its parts, and no masks, gates or lengths.
 */
export const chunkFeeds = (
  { inputs }: Pick<Session, "inputs">,
  cache: KeyValueCache,
  chunk: Chunk,
): Readonly<Record<string, Tensor>> => {
  const numbers = asTensors(chunkNumbers(cache.extended, cache.frequencies, chunk));
  const cached = cacheFeeds(cache, chunk);
  if (!inputs.includes(decoderInputs.partRanges(0)))
    return { ...numbers, ...asTensors(masksOf(cache, chunk)), ...cached };
  const all: Readonly<Record<string, Tensor>> = { ...numbers, ...rangesOf(cache, chunk), ...cached };
  return Object.fromEntries(inputs.flatMap((name) => (Object.hasOwn(all, name) ? [[name, all[name]!]] : [])));
};

/**
 * Runs the graph on a chunk that follows the cached tokens. Nothing is put into the cache.
 *
 * @param ids - the chunk's tokens; in a batch those of each text, one text after the other
 */
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
      ...chunkFeeds(session, cache, chunk),
    },
    { read, keep: cache.appended },
  );
