/**
 * The tokens whose keys each part holds when a chunk is run: those of the cache's stretches, in their order, then the chunk's own. This is all
 * that a kernel needs to know in place of masks.
 *
 *   settled [0, S)    tail [S, F)    ring [F, s)    ring-chunk: those of its chunk of positions before s    own [s, s + C)
 *   s the first token of the chunk, C its length, S the settled tokens, F the end of those that are far from all queries
 *
 * Keys of a ring are near for some queries and not for others, so its window is given too.
 */
import type { AttentionPath } from "@ropewalk/context-extension";
import type { CacheLayout, StretchKind } from "../cache/cache-layout.ts";
import { decoderInputs } from "../graph-interface.ts";
import { farFrom, type Chunk } from "./keys-before-chunk.ts";

/** [parts, 3]: the tokens from … to before …, equal where a part has none, and the window, 0 for none. */
export type PartRanges = { readonly dims: readonly number[]; readonly data: Int32Array };

type Place = { readonly back: number; readonly far: number; readonly start: number; readonly settled: number };
type Range = readonly [from: number, to: number, window: number];

const ranges: Readonly<Record<StretchKind, (path: AttentionPath, place: Place) => Range>> = {
  settled: (_, { settled }) => [0, settled, 0],
  tail: (_, { settled, far }) => [settled, far, 0],
  ring: (path, { far, start }) => [far, start, "window" in path ? path.window : 0],
  "ring-chunk": (path, { back, start }) => {
    // Only positions that go by chunks have such stretches.
    const { chunkLen } = path as Extract<AttentionPath, { kind: "chunked" }>;
    const first = (Math.floor(start / chunkLen) - back) * chunkLen;
    return [Math.max(0, first), Math.max(0, Math.min(first + chunkLen, start)), 0];
  },
};

/** The ranges of the parts of the group at `place`. */
export const chunkRanges = (
  place: number,
  { stretches }: Pick<CacheLayout, "stretches">,
  path: AttentionPath,
  { start, length }: Chunk,
  { settled }: { readonly settled: number },
): Readonly<Record<string, PartRanges>> => {
  const far = farFrom(path, start);
  const cached = stretches.map(({ kind, back }) => ranges[kind](path, { back, far, start, settled }));
  const parts: readonly Range[] = [...cached, [start, start + length, 0]];
  const data = Int32Array.from(parts.flat());
  return { [decoderInputs.partRanges(place)]: { dims: [parts.length, 3], data } };
};
