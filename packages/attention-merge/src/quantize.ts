/**
 * Keys and values in 8 bits, with a scale for each token of each head:
 *
 *   x ≈ s q      s = max|x| / 127      q = round(x / s)
 *
 * Tokens come in tiles. The keys of a tile are transposed: for each dimension, the elements of all its tokens lie side by side. A
 * product with a query then reads memory in order.
 */
import { check } from "@ropewalk/check";
import type { NamedTensor } from "./named-tensor.ts";

/** How many tokens a tile has; keyLen must be a multiple. */
export const quantizedTile = 128;

type Cached = NamedTensor<readonly ["numKvHeads", "keyLen", "headDim"]>;

/** Elements in -127 … 127, and the scale of each token of each head [numKvHeads, keyLen]. */
export type Quantized = { readonly elements: Int8Array; readonly scales: Float32Array };

/** The largest absolute value of each token of each head, [numKvHeads, keyLen]. */
const largestOf = ({ dims: [numKvHeads, keyLen, headDim], data }: Cached): Float32Array => {
  const largest = new Float32Array(numKvHeads * keyLen);
  for (let row = 0, at = 0; row < largest.length; row++) {
    let most = 0;
    for (const end = at + headDim; at < end; at++) {
      const size = Math.abs(data[at]!);
      if (size > most) most = size;
    }
    largest[row] = most;
  }
  return largest;
};

/** 127 / largest, or 0 for a token of zeros. */
const ratioOf = (largest: number): number => (largest === 0 ? 0 : 127 / largest);

/** The nearest integer to x in -127 … 127. x is made positive first, because cutting off a positive fraction is fastest. */
const nearest = (x: number): number => ((x + 128.5) | 0) - 128;

/** Values in 8 bits: elements [numKvHeads, keyLen, headDim], which is [numKvHeads, tiles, tile, headDim]. */
export const quantizeValues = (values: Cached): Quantized => {
  const { data, dims } = values;
  const [, , headDim] = dims;
  const largest = largestOf(values);
  const elements = new Int8Array(data.length);
  for (let row = 0, at = 0; row < largest.length; row++) {
    const ratio = ratioOf(largest[row]!);
    for (const end = at + headDim; at < end; at++) elements[at] = nearest(data[at]! * ratio);
  }
  return { elements, scales: largest.map((most) => most / 127) };
};

/**
 * Keys in 8 bits: elements [numKvHeads, tiles, headDim, tile].
 *
 * `offsets` [numKvHeads, keyLen] are 128 s Σ q over a token's elements. A score is too large by this amount when 128 was added to
 * each element of the query to make them unsigned.
 *
 * @throws RangeError when the keys do not fill whole tiles
 */
export const quantizeKeys = (keys: Cached): Quantized & { readonly offsets: Float32Array } => {
  const { data, dims } = keys;
  const [, keyLen, headDim] = dims;
  check(keyLen % quantizedTile === 0, `quantizeKeys: keyLen must be a multiple of ${quantizedTile}`, keyLen);
  const largest = largestOf(keys);
  const elements = new Int8Array(data.length);
  const scales = largest.map((most) => most / 127);
  const offsets = new Float32Array(largest.length);
  for (let row = 0, at = 0; row < largest.length; row++) {
    const ratio = ratioOf(largest[row]!);
    // A head has whole tiles, so the elements of a tile begin at its first row.
    const place = row % quantizedTile;
    let to = (row - place) * headDim + place;
    let sum = 0;
    for (const end = at + headDim; at < end; at++, to += quantizedTile) {
      const element = nearest(data[at]! * ratio);
      elements[to] = element;
      sum += element;
    }
    offsets[row] = 128 * scales[row]! * sum;
  }
  return { elements, scales, offsets };
};
