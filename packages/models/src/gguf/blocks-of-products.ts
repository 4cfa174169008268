/**
 * Blocks of a GGUF file in the form in which products read them (`decoder/src/layers/blocks.ts`): codes in 4 or 8 bits, moved by half of their
 * range, scales, and offsets in place of minimums. No number is rounded but the offset, to float32:
 *
 *     s c - m  =  s (q - z) + (s (z - d) - m),     q = c + d       d = z, or 0 where codes of 4 bits begin at 0;  z = 2^(bits - 1)
 */
import { codeForm, unpackCodes, type BlockType } from "@ropewalk/gguf";

export type ProductForm = {
  readonly bits: 4 | 8;
  readonly blockSize: 16 | 32;
  readonly hasOffsets: boolean;
};

/** The form of a type: 4 bits where the codes fit into them. */
export const productForm = (type: BlockType): ProductForm => {
  const { blockSize, codes, hasMinimum } = codeForm(type);
  return { bits: codes[1] - codes[0] < 16 ? 4 : 8, blockSize, hasOffsets: hasMinimum };
};

/** How many bytes the parts take of a matrix with that many elements. */
export const partBytes = (
  { bits, blockSize, hasOffsets }: ProductForm,
  elements: number,
): { readonly elements: number; readonly scales: number; readonly offsets: number } => {
  const scales = (4 * elements) / blockSize;
  return { elements: (elements * bits) / 8, scales, offsets: hasOffsets ? scales : 0 };
};

/** What is added to a code: so that the least code that the type has is not below 0. */
const moveOf = (type: BlockType, bits: 4 | 8): number => {
  const zero = 2 ** (bits - 1);
  return codeForm(type).codes[1] < zero ? zero : 0;
};

/** Offsets [blocks of a row, rows] out of scales and minimums [rows, blocks of a row]. */
const offsetsOf = (scales: Float32Array, minimums: Float32Array, rows: number, times: number): Float32Array => {
  const blocks = scales.length / rows;
  const offsets = new Float32Array(scales.length);
  for (let row = 0; row < rows; row++)
    for (let block = 0; block < blocks; block++) {
      const at = row * blocks + block;
      offsets[block * rows + row] = scales[at]! * times - minimums[at]!;
    }
  return offsets;
};

/**
 * The bytes of a matrix with that many rows: elements, scales and offsets, behind one another.
 *
 * @param bytes - its blocks, row after row
 */
export const blocksOfProducts = (type: BlockType, bytes: Uint8Array, rows: number): Uint8Array => {
  const { codes, scales, minimums } = unpackCodes(type, bytes);
  const form = productForm(type);
  const sizes = partBytes(form, codes.length);
  const move = moveOf(type, form.bits);
  const all = new Uint8Array(sizes.elements + sizes.scales + sizes.offsets);
  if (form.bits === 8) for (let at = 0; at < codes.length; at++) all[at] = codes[at]! + move;
  else for (let at = 0; at < codes.length; at += 2) all[at >> 1] = (codes[at]! + move) | ((codes[at + 1]! + move) << 4);
  const put = (part: Float32Array, from: number): void => all.set(new Uint8Array(part.buffer), from);
  put(scales, sizes.elements);
  if (minimums !== undefined)
    put(offsetsOf(scales, minimums, rows, 2 ** (form.bits - 1) - move), sizes.elements + sizes.scales);
  return all;
};
