/**
 * Keys and values in 8 bits, with a scale for each token of each head:
 *
 *   x ≈ s q      s = max|x| / 127      q = round(x / s)
 *
 * Tokens come in blocks. The keys of a block are turned, all its tokens side by side at each dimension: a product of a query
 * with them then runs along memory.
 */
import type { Tensor } from "./tensor.ts";

/** Tokens in a block; keyLen is a multiple. */
export const quantizedBlock = 128;

type Cached = Tensor<readonly ["numKvHeads", "keyLen", "headDim"]>;

/** Elements in -127 … 127, and the scale of each token of each head [numKvHeads, keyLen]. */
export type Quantized = { readonly elements: Int8Array; readonly scales: Float32Array };

/** Calls back with each token's elements `x / s`, unrounded, and gives the scales. */
const scaled = (
  { dims: [numKvHeads, keyLen, headDim], data }: Cached,
  each: (head: number, token: number, ratio: number, row: Float32Array) => void,
): Float32Array => {
  const scales = new Float32Array(numKvHeads * keyLen);
  for (let at = 0; at < scales.length; at++) {
    const row = data.subarray(at * headDim, (at + 1) * headDim);
    let largest = 0;
    for (let d = 0; d < headDim; d++) largest = Math.max(largest, Math.abs(row[d]!));
    scales[at] = largest / 127;
    each(Math.floor(at / keyLen), at % keyLen, largest === 0 ? 0 : 127 / largest, row);
  }
  return scales;
};

/** Values in 8 bits: elements [numKvHeads, keyLen, headDim], which is [numKvHeads, blocks, block, headDim]. */
export const quantizeValues = (values: Cached): Quantized => {
  const [, keyLen, headDim] = values.dims;
  const elements = new Int8Array(values.data.length);
  const scales = scaled(values, (head, token, ratio, row) => {
    const to = (head * keyLen + token) * headDim;
    for (let d = 0; d < headDim; d++) elements[to + d] = Math.round(row[d]! * ratio);
  });
  return { elements, scales };
};

/**
 * Keys in 8 bits: elements [numKvHeads, blocks, headDim, block].
 *
 * `offsets` [numKvHeads, keyLen] are 128 s Σ q, a token's elements added up: what a score is too large by when 128 was added to
 * each element of its query, to make them unsigned.
 *
 * @throws RangeError when the keys do not fill whole blocks
 */
export const quantizeKeys = (keys: Cached): Quantized & { readonly offsets: Float32Array } => {
  const [numKvHeads, keyLen, headDim] = keys.dims;
  if (keyLen % quantizedBlock !== 0)
    throw new RangeError(`quantizeKeys: keyLen must be a multiple of ${quantizedBlock}, got ${keyLen}`);
  const elements = new Int8Array(keys.data.length);
  const offsets = new Float32Array(numKvHeads * keyLen);
  const scales = scaled(keys, (head, token, ratio, row) => {
    const place = token % quantizedBlock;
    const block = (head * keyLen + token - place) * headDim;
    let sum = 0;
    for (let d = 0; d < headDim; d++) {
      const element = Math.round(row[d]! * ratio);
      elements[block + d * quantizedBlock + place] = element;
      sum += element;
    }
    offsets[head * keyLen + token] = 128 * sum;
  });
  for (let at = 0; at < offsets.length; at++) offsets[at]! *= scales[at]!;
  return { elements, scales, offsets };
};
