/**
 * The numbers of one chunk: queries s … s + C - 1 over the keys before them and among themselves.
 *
 * With a window W, the keys before the chunk fall into three stretches; a chunk is never longer than W, so none of its own
 * keys is far from any of its own queries.
 *
 *   far   [0, s - W]            beyond the window of every query
 *   band  (s - W, s + C - 1 - W] beyond it for the later queries, inside it for the earlier ones
 *   near  the rest, up to s - 1  inside the window of every query
 */
import { queryScales } from "@ropewalk/entropy-scaling";
import { rotationTable, type RopeFrequencies } from "@ropewalk/rope";
import type { BandLayout, ExtendedDecoder } from "./extend.ts";
import { inputs } from "./interface.ts";

export type Chunk = { readonly start: number; readonly length: number };

/** Ends (exclusive) of the far and the band stretch; the near stretch ends at `start`. */
export type Stretches = { readonly farEnd: number; readonly bandEnd: number };

/** The longest chunk a layout allows. */
export const longestChunk = (layout: BandLayout): number => (layout.kind === "everything" ? Infinity : layout.window);

export const stretches = (layout: BandLayout, { start, length }: Chunk): Stretches => {
  if (layout.kind === "everything") return { farEnd: start, bandEnd: start };
  const farEnd = Math.max(0, start - layout.window + 1);
  return { farEnd, bandEnd: Math.max(farEnd, Math.min(start, start + length - layout.window)) };
};

/** What a masked score is moved by: far below any score, yet finite, so that no difference of two is NaN. */
export const closed = -1e30;

export type Numbers = { readonly dims: readonly number[]; readonly data: Float32Array };

/** [queryLen, keyLen] of 0 where `open(query, key)`, else `closed`. A mask without columns becomes one closed column. */
const mask = (queryLen: number, keyLen: number, open: (query: number, key: number) => boolean): Numbers => {
  const columns = Math.max(1, keyLen);
  const data = new Float32Array(queryLen * columns).fill(closed);
  for (let query = 0; query < queryLen; query++)
    for (let key = 0; key < keyLen; key++) if (open(query, key)) data[query * columns + key] = 0;
  return { dims: [queryLen, columns], data };
};

/** Masks of the band and of the chunk's own triangle. They depend on the chunk's place only near the start of the input. */
export const chunkMasks = (layout: BandLayout, chunk: Chunk): Readonly<Record<string, Numbers>> => {
  const { start, length } = chunk;
  const causal = { [inputs.causalMask]: mask(length, length, (query, key) => key <= query) };
  if (layout.kind === "everything") return causal;
  const { farEnd, bandEnd } = stretches(layout, chunk);
  const isNear = (query: number, key: number): boolean => start + query - (farEnd + key) < layout.window;
  const near = { ...causal, [inputs.bandNearMask]: mask(length, bandEnd - farEnd, isNear) };
  if (layout.kind === "window") return near;
  return { ...near, [inputs.bandFarMask]: mask(length, bandEnd - farEnd, (query, key) => !isNear(query, key)) };
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
