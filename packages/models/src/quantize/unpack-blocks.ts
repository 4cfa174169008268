/**
 * Blocks back to the numbers that they encode.
 *
 *     w = scale (q - z),   z = 2^(bits - 1)
 */
import { checkKeys } from "@ropewalk/check";
import type { BlockForm, Blocks } from "./quantize-blocks.ts";

/** The matrix [rows, inner], row-major, without the padding of each row's last block. */
export const unpackBlocks = (form: BlockForm, { elements, scales }: Blocks, inner: number): Float32Array => {
  const { bits, blockSize } = checkKeys("unpackBlocks", "form", form, { bits: true, blockSize: true });
  const blocks = Math.ceil(inner / blockSize);
  const rows = scales.length / blocks;
  const zero = 2 ** (bits - 1);
  const values = new Float32Array(rows * inner);
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < inner; k++) {
      const at = row * blocks * blockSize + k;
      const code = bits === 8 ? elements[at]! : (elements[at >> 1]! >> (4 * (at & 1))) & 15;
      values[row * inner + k] = scales[row * blocks + Math.floor(k / blockSize)]! * (code - zero);
    }
  return values;
};
