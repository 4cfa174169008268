/**
 * Types with 32 elements to a block and one scale d, in float16:
 *
 *     Q4_0   d, 16 bytes                 w = d (q - 8)
 *     Q4_1   d, m, 16 bytes              w = d q + m
 *     Q5_0   d, 4 bytes h, 16 bytes      w = d (q - 16)
 *     Q5_1   d, m, 4 bytes h, 16 bytes   w = d q + m
 *     Q8_0   d, 32 signed bytes          w = d q
 *
 * The lower half of byte k is element k, the upper half element k + 16. Bit k of h is the fifth bit of element k.
 */
import { halfAt, type ReadBlock, type Unpacking } from "./codes.ts";

const size = 32;

/** Codes of 4 bits, less `zero`. */
const readFours = ({ bytes, codes }: Unpacking, at: number, first: number, zero: number): void => {
  for (let k = 0; k < 16; k++) {
    const byte = bytes[at + k]!;
    codes[first + k] = (byte & 15) - zero;
    codes[first + k + 16] = (byte >> 4) - zero;
  }
};

/** Codes of 5 bits, less `zero`: the fifth bits, then the others. */
const readFives = ({ bytes, codes }: Unpacking, at: number, first: number, zero: number): void => {
  for (let k = 0; k < 16; k++) {
    const byte = bytes[at + 4 + k]!;
    const [low, high] = [bytes[at + (k >> 3)]! >> (k & 7), bytes[at + 2 + (k >> 3)]! >> (k & 7)];
    codes[first + k] = ((byte & 15) | ((low & 1) << 4)) - zero;
    codes[first + k + 16] = ((byte >> 4) | ((high & 1) << 4)) - zero;
  }
};

const readScale = (unpacking: Unpacking, at: number, first: number): void => {
  unpacking.scales[first / size] = halfAt(unpacking, at);
};

/** The scale, and behind it what is added to all elements of a block. */
const readScaleAndOffset = (unpacking: Unpacking, at: number, first: number): void => {
  readScale(unpacking, at, first);
  unpacking.minimums[first / size] = -halfAt(unpacking, at + 2);
};

export const q4_0: ReadBlock = (unpacking, at, first) => {
  readScale(unpacking, at, first);
  readFours(unpacking, at + 2, first, 8);
};

export const q4_1: ReadBlock = (unpacking, at, first) => {
  readScaleAndOffset(unpacking, at, first);
  readFours(unpacking, at + 4, first, 0);
};

export const q5_0: ReadBlock = (unpacking, at, first) => {
  readScale(unpacking, at, first);
  readFives(unpacking, at + 2, first, 16);
};

export const q5_1: ReadBlock = (unpacking, at, first) => {
  readScaleAndOffset(unpacking, at, first);
  readFives(unpacking, at + 4, first, 0);
};

export const q8_0: ReadBlock = (unpacking, at, first) => {
  readScale(unpacking, at, first);
  const { bytes, codes } = unpacking;
  for (let k = 0; k < size; k++) codes[first + k] = bytes[at + 2 + k]!;
};
