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

/** Codes as elements: one a byte, or two. */
const packed = (codes: Int8Array, bits: 4 | 8, move: number): Uint8Array => {
  const elements = new Uint8Array((codes.length * bits) / 8);
  if (bits === 8) for (let at = 0; at < codes.length; at++) elements[at] = codes[at]! + move;
  else
    for (let at = 0; at < codes.length; at += 2)
      elements[at >> 1] = (codes[at]! + move) | ((codes[at + 1]! + move) << 4);
  return elements;
};

/** Writes offsets [blocks of a row, all rows] out of the scales and minimums [rows, blocks of a row] of rows from `first` on. */
const putOffsets = (
  { scales, minimums }: { readonly scales: Float32Array; readonly minimums: Float32Array },
  times: number,
  { rows, first }: { readonly rows: number; readonly first: number },
  offsets: Float32Array,
): void => {
  const blocks = offsets.length / rows;
  for (let at = 0; at < scales.length; at++)
    offsets[(at % blocks) * rows + first + Math.floor(at / blocks)] = scales[at]! * times - minimums[at]!;
};

/**
 * The bytes of a matrix, in parts: elements, scales and offsets behind one another. Memory holds a few rows at a time, beside all scales and offsets.
 *
 * @param read - the blocks of rows `from` (included) to `to` (excluded)
 * @param elementsAtOnce - how many are unpacked at once, in whole rows: more only take memory
 */
export const blocksOfProducts = async function* (
  type: BlockType,
  [rows, columns]: readonly [rows: number, columns: number],
  read: (from: number, to: number) => Promise<Uint8Array>,
  elementsAtOnce: number = 2 ** 20,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { bits, blockSize, hasOffsets } = productForm(type);
  const move = moveOf(type, bits);
  const blocks = columns / blockSize;
  const scales = new Float32Array(rows * blocks);
  const offsets = hasOffsets ? new Float32Array(rows * blocks) : undefined;
  const rowsAtOnce = Math.max(1, Math.floor(elementsAtOnce / columns));
  for (let first = 0; first < rows; first += rowsAtOnce) {
    const bytes = await read(first, Math.min(rows, first + rowsAtOnce));
    const { codes, scales: some, minimums } = unpackCodes(type, bytes);
    scales.set(some, first * blocks);
    if (offsets !== undefined && minimums !== undefined)
      putOffsets({ scales: some, minimums }, 2 ** (bits - 1) - move, { rows, first }, offsets);
    yield packed(codes, bits, move);
  }
  yield new Uint8Array(scales.buffer);
  if (offsets !== undefined) yield new Uint8Array(offsets.buffer);
};
