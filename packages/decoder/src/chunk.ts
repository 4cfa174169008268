/**
 * The numbers of one chunk: queries s … s + C - 1 over the keys before them and among themselves.
 *
 * With a window W, the keys before the chunk fall into three stretches; a chunk is never longer than W, so none of its own
 * keys is far from any of its own queries.
 *
 *   far   [0, s - W]            beyond the window of every query
 *   band  (s - W, s + C - 1 - W] beyond it for the later queries, inside it for the earlier ones
 *   near  the rest, up to s - 1  inside the window of every query
 *
 * The rows that are read in the far rotation end with the band, those in the near rotation begin with it: a key of the band
 * stands in both, and each query's masks open one of the two.
 */
import { queryScales } from "@ropewalk/entropy-scaling";
import { rotationTable, type RopeFrequencies } from "@ropewalk/rope";
import { match } from "ts-pattern";
import type { BandLayout, ExtendedDecoder } from "./extend.ts";
import { inputs } from "./interface.ts";

export type Chunk = { readonly start: number; readonly length: number };

/** Tokens `from` (included) to `to` (excluded). */
export type Range = { readonly from: number; readonly to: number };

/** The rows of the cache that a chunk reads, in each rotation that its layout has. */
export type RowRanges = { readonly far?: Range; readonly near?: Range };

/** The longest chunk a layout allows. */
export const longestChunk = (layout: BandLayout): number => (layout.kind === "everything" ? Infinity : layout.window);

/** How many tokens from the start on are far from every query from position `start` on. */
export const farFrom = (layout: BandLayout, start: number): number =>
  layout.kind === "everything" ? start : Math.max(0, start - layout.window + 1);

/** @param settled - tokens from the start on that are read elsewhere; at most `farFrom` */
export const rowsRead = (layout: BandLayout, { start, length }: Chunk, settled: number): RowRanges =>
  match(layout)
    .with({ kind: "everything" }, () => ({ far: { from: settled, to: start } }))
    .with({ kind: "window" }, () => ({ near: { from: farFrom(layout, start), to: start } }))
    .with({ kind: "near-far" }, ({ window }) => {
      const farEnd = farFrom(layout, start);
      const bandEnd = Math.max(farEnd, Math.min(start, start + length - window));
      return { far: { from: settled, to: bandEnd }, near: { from: farEnd, to: start } };
    })
    .exhaustive();

/** What a masked score is moved by: far below any score, yet finite, so that no difference of two is NaN. */
export const closed = -1e30;

export type Numbers = { readonly dims: readonly number[]; readonly data: Float32Array };

/**
 * [chunk.length, keys] of 0 where a query's distance to a key lies in `open`, else `closed`. A mask without columns becomes
 * one closed column.
 */
const mask = (chunk: Chunk, keys: Range, open: Range): Numbers => {
  const columns = Math.max(1, keys.to - keys.from);
  const data = new Float32Array(chunk.length * columns).fill(closed);
  for (let row = 0; row < chunk.length; row++) {
    const position = chunk.start + row;
    // Distances ascend from the last key to the first: the open columns of a row lie side by side.
    const [first, end] = [position - open.to + 1, position - open.from + 1].map(
      (key) => Math.max(keys.from, Math.min(keys.to, key)) - keys.from,
    );
    data.fill(0, row * columns + first!, row * columns + end!);
  }
  return { dims: [chunk.length, columns], data };
};

/** Masks of the rows that the chunk reads, and of the chunk's own triangle. */
export const chunkMasks = (layout: BandLayout, chunk: Chunk, settled: number): Readonly<Record<string, Numbers>> => {
  const { start, length } = chunk;
  const window = layout.kind === "everything" ? 0 : layout.window;
  const { far, near } = rowsRead(layout, chunk, settled);
  return {
    [inputs.causalMask]: mask(chunk, { from: start, to: start + length }, { from: 0, to: Infinity }),
    ...(far && { [inputs.farMask]: mask(chunk, far, { from: window, to: Infinity }) }),
    ...(near && { [inputs.nearMask]: mask(chunk, near, { from: 0, to: window }) }),
  };
};

/** Rotations of the chunk's queries and keys, band by band, and the scale of each query in each layer. */
export const chunkNumbers = (
  { decoder, positions, entropy }: ExtendedDecoder,
  frequencies: RopeFrequencies,
  { start, length }: Chunk,
): Readonly<Record<string, Numbers>> => {
  const at = Array.from({ length }, (_, offset) => start + offset);
  const numbers: Record<string, Numbers> = {};
  const dims = [length, decoder.rope.rotaryDim / 2];
  positions.bands.forEach((band, index) => {
    for (const side of ["query", "key"] as const) {
      const { cos, sin } = rotationTable(frequencies, at.map(band[side]));
      numbers[inputs.rotation(index, side, "cos")] = { dims, data: cos };
      numbers[inputs.rotation(index, side, "sin")] = { dims, data: sin };
    }
  });
  const scoreScale = 1 / Math.sqrt(decoder.headDim);
  const scale = new Float32Array(decoder.numLayers * length).fill(scoreScale);
  if (entropy !== undefined)
    for (let layer = 0; layer < decoder.numLayers; layer++)
      scale.set(
        queryScales(entropy, layer, at).map((factor) => factor * scoreScale),
        layer * length,
      );
  numbers[inputs.queryScale] = { dims: [decoder.numLayers, length, 1], data: scale };
  return numbers;
};
