/**
 * Types with 256 elements to a block, of which every 16 or 32 have a scale s, and in some types a minimum m, in few bits; d and e, in float16,
 * are the same for the whole block:
 *
 *     Q2_K   s and m of 16 elements (4 bits each), q (2 bits), d, e           w = d s q - e m
 *     Q3_K   the third bits, q (2 bits), s of 16 elements (6 bits), d         w = d (s - 32) (q - 4)
 *     Q4_K   d, e, s and m of 32 elements (6 bits each), q (4 bits)           w = d s q - e m
 *     Q5_K   d, e, s and m of 32 elements (6 bits each), the fifth bits, q    w = d s q - e m
 *     Q6_K   q (4 bits), the upper 2 bits, s of 16 elements (8 bits), d       w = d s (q - 32)
 *
 * 32 elements that follow one another take the same bits of 32 bytes: the lowest first.
 */
import { halfAt, type ReadBlock, type Unpacking } from "./codes.ts";

const size = 256;

/** How many elements follow one another in as many bytes. */
const run = 32;

export const q2_K: ReadBlock = (unpacking, at, first) => {
  const { bytes, codes, scales, minimums } = unpacking;
  const [d, e] = [halfAt(unpacking, at + 80), halfAt(unpacking, at + 82)];
  for (let sub = 0; sub < 16; sub++) {
    const both = bytes[at + sub]!;
    scales[first / 16 + sub] = d * (both & 15);
    minimums[first / 16 + sub] = e * (both >> 4);
  }
  for (let k = 0; k < size; k++) {
    const byte = bytes[at + 16 + run * (k >> 7) + (k & 31)]!;
    codes[first + k] = (byte >> (2 * ((k >> 5) & 3))) & 3;
  }
};

export const q3_K: ReadBlock = (unpacking, at, first) => {
  const { bytes, codes, scales } = unpacking;
  const d = halfAt(unpacking, at + 108);
  for (let sub = 0; sub < 16; sub++) {
    // Four bits of a scale in a half of one of 8 bytes, two more in one of the 4 bytes behind them.
    const low = (bytes[at + 96 + (sub & 7)]! >> (4 * (sub >> 3))) & 15;
    const high = (bytes[at + 104 + (sub & 3)]! >> (2 * (sub >> 2))) & 3;
    scales[first / 16 + sub] = d * ((low | (high << 4)) - 32);
  }
  for (let k = 0; k < size; k++) {
    const low = (bytes[at + 32 + run * (k >> 7) + (k & 31)]! >> (2 * ((k >> 5) & 3))) & 3;
    const third = (bytes[at + (k & 31)]! >> (k >> 5)) & 1;
    codes[first + k] = (low | (third << 2)) - 4;
  }
};

/** Eight scales and eight minimums of 6 bits each, in 12 bytes. */
const readScalesAndMinimums = (unpacking: Unpacking, at: number, first: number): void => {
  const { bytes, scales, minimums } = unpacking;
  const [d, e] = [halfAt(unpacking, at), halfAt(unpacking, at + 2)];
  for (let sub = 0; sub < 4; sub++) {
    const [a, b, c] = [bytes[at + 4 + sub]!, bytes[at + 8 + sub]!, bytes[at + 12 + sub]!];
    const to = first / run + sub;
    scales[to] = d * (a & 63);
    minimums[to] = e * (b & 63);
    scales[to + 4] = d * ((c & 15) | ((a >> 6) << 4));
    minimums[to + 4] = e * ((c >> 4) | ((b >> 6) << 4));
  }
};

export const q4_K: ReadBlock = (unpacking, at, first) => {
  readScalesAndMinimums(unpacking, at, first);
  const { bytes, codes } = unpacking;
  for (let k = 0; k < size; k++) {
    const byte = bytes[at + 16 + run * (k >> 6) + (k & 31)]!;
    codes[first + k] = (byte >> (4 * ((k >> 5) & 1))) & 15;
  }
};

export const q5_K: ReadBlock = (unpacking, at, first) => {
  readScalesAndMinimums(unpacking, at, first);
  const { bytes, codes } = unpacking;
  for (let k = 0; k < size; k++) {
    const low = (bytes[at + 48 + run * (k >> 6) + (k & 31)]! >> (4 * ((k >> 5) & 1))) & 15;
    const fifth = (bytes[at + 16 + (k & 31)]! >> (k >> 5)) & 1;
    codes[first + k] = low | (fifth << 4);
  }
};

export const q6_K: ReadBlock = (unpacking, at, first) => {
  const { bytes, codes, scales } = unpacking;
  const d = halfAt(unpacking, at + 208);
  // The scales are signed.
  for (let sub = 0; sub < 16; sub++) scales[first / 16 + sub] = d * ((bytes[at + 192 + sub]! << 24) >> 24);
  for (let k = 0; k < size; k++) {
    const quarter = (k >> 5) & 3;
    const low = (bytes[at + 64 * (k >> 7) + run * (quarter & 1) + (k & 31)]! >> (4 * (quarter >> 1))) & 15;
    const high = (bytes[at + 128 + run * (k >> 7) + (k & 31)]! >> (2 * quarter)) & 3;
    codes[first + k] = (low | (high << 4)) - 32;
  }
};
