/**
 * Blocks back to the numbers that they encode.
 *
 *     w = scale (q - z) + offset,   z = 2^(bits - 1)
 */
import { checkKeys } from "@ropewalk/check";
import type { BlockForm, Blocks } from "./quantize-blocks.ts";

/** Blocks, and what is added to all elements of each [blocks of a row, rows]; absent: nothing is. */
export type StoredBlocks = Blocks & { readonly offsets?: Float32Array | undefined };

/** The matrix [rows, inner], row-major, without the padding of each row's last block. */
export const unpackBlocks = (
  form: BlockForm,
  { elements, scales, offsets }: StoredBlocks,
  inner: number,
): Float32Array => {
  const { bits, blockSize } = checkKeys("unpackBlocks", "form", form, { bits: true, blockSize: true });
  const blocks = Math.ceil(inner / blockSize);
  const rows = scales.length / blocks;
  const zero = 2 ** (bits - 1);
  const values = new Float32Array(rows * inner);
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < inner; k++) {
      const at = row * blocks * blockSize + k;
      const code = bits === 8 ? elements[at]! : (elements[at >> 1]! >> (4 * (at & 1))) & 15;
      const block = Math.floor(k / blockSize);
      values[row * inner + k] = scales[row * blocks + block]! * (code - zero) + (offsets?.[block * rows + row] ?? 0);
    }
  return values;
};
