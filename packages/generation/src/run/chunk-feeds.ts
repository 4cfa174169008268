/** One run of the chunk graph: what is fed to it besides the token ids, and what it gives. */
import { float32, int64, type Session, type Tensor } from "@ropewalk/backend";
import { chunkMasks, chunkNumbers, decoderInputs, type Chunk, type Numbers } from "@ropewalk/decoder";
import type { KeyValueCache } from "../cache/cache.ts";
import { cacheFeeds, cacheWidths } from "../cache/cache-feeds.ts";

const asTensors = (numbers: Readonly<Record<string, Numbers>>): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(Object.entries(numbers).map(([name, { dims, data }]) => [name, float32(dims, data)]));

const masksOf = (cache: KeyValueCache, chunk: Chunk): Readonly<Record<string, Numbers>> =>
  Object.assign(
    {},
    ...cache.groups.map((own, place) => chunkMasks(place, own.group.attentionPath, chunk, cacheWidths(own, cache))),
  ) as Readonly<Record<string, Numbers>>;

/** What the next chunk reads besides its ids: its numbers, its masks and the cache. */
export const chunkFeeds = (cache: KeyValueCache, chunk: Chunk): Readonly<Record<string, Tensor>> => ({
  ...asTensors(chunkNumbers(cache.extended, cache.frequencies, chunk)),
  ...asTensors(masksOf(cache, chunk)),
  ...cacheFeeds(cache, chunk),
});

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
      ...chunkFeeds(cache, chunk),
    },
    { read, keep: cache.appended },
  );
