/** The cache as inputs of a graph: views of its arrays, and a stand-in for each part that the chunk does not read. */
import { float32, int64, type Tensor } from "@ropewalk/backend";
import { maskedScore, hasBand, decoderInputs, type CacheWidths, type Chunk } from "@ropewalk/decoder";
import type { KeyValueCache } from "./cache.ts";
import type { GroupCache, HeldPart, HeldStretch } from "./group-cache.ts";

/** How many places of each stretch the next chunk reads. A stretch without tokens, as the tail of a fresh prompt, counts as its stand-in. */
export const cacheWidths = (own: GroupCache, { length }: Pick<KeyValueCache, "length">): CacheWidths => {
  const behind = new Map(
    own.stretches.flatMap((held) => {
      const { seen, step } = held.stretch;
      const read = Math.max(step, held.rule.read(own, held, length));
      return seen.kind === "by-all" ? [] : seen.bands.map(({ mask }) => [mask, read] as const);
    }),
  );
  return { settled: own.settled, keys: (mask) => behind.get(mask)! };
};

/** Views of the arrays of a part, `tokens` long. */
const viewsOf = (
  heads: number,
  { counted }: HeldStretch["stretch"],
  { part, buffers }: HeldPart,
  tokens: number,
): readonly Tensor[] =>
  part.arrays.map(({ per, shape }, index) =>
    buffers[index]!.view(0, [heads, ...(per === "head" ? [] : [tokens / counted.tokens]), ...shape]),
  );

/** The inputs that a chunk reads of one group's cache. */
const groupFeeds = (
  { extended, length }: KeyValueCache,
  chunk: Chunk,
  own: GroupCache,
  place: number,
): Readonly<Record<string, Tensor>> => {
  const heads = extended.decoder.numKvHeads;
  const band = hasBand(own.group.attentionPath, chunk);
  const feeds: Record<string, Tensor> = {};
  const lengths: number[] = [];
  for (const held of own.stretches) {
    const { stretch, rule, layers, standIn } = held;
    const tokens = rule.read(own, held, length);
    if (stretch.seen.kind === "by-all")
      feeds[stretch.seen.gate] = float32([1], Float32Array.of(tokens > 0 ? 0 : maskedScore));
    else lengths.push(Math.max(stretch.step, tokens));
    stretch.parts.forEach(({ readings }, index) => {
      readings.forEach(({ inBandsAlone }, reading) => {
        // Without a band, as in decoding, no token of this reading is seen: one key stands for all of them.
        const absent = tokens === 0 || (inBandsAlone && !band);
        const instead = absent ? viewsOf(heads, stretch, standIn[index]!, inBandsAlone ? 1 : stretch.step) : undefined;
        for (const layer of layers) {
          const part = layer[index]!;
          const views = instead ?? viewsOf(heads, stretch, part, tokens);
          part.inputs[reading]!.forEach((name, array) => {
            feeds[name] = views[array]!;
          });
        }
      });
    });
  }
  lengths.push(chunk.length);
  feeds[decoderInputs.recentLengths(place)] = int64([lengths.length], lengths);
  return feeds;
};

/** The inputs that a chunk reads of the cache. The masks are made elsewhere. */
export const cacheFeeds = (cache: KeyValueCache, chunk: Chunk): Readonly<Record<string, Tensor>> =>
  Object.assign({}, ...cache.groups.map((group, place) => groupFeeds(cache, chunk, group, place))) as Readonly<
    Record<string, Tensor>
  >;
