import { codeForm, dequantize, tensorForms, type BlockType } from "@ropewalk/gguf";
import { describe, expect, it } from "vitest";
import { blocksOfProducts, partBytes, productForm } from "../../src/gguf/blocks-of-products.ts";

const types = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"] as const;

const columns = 512;

/** Blocks of rows that all differ, every scale small and finite: no byte is the upper one of a large float16. */
const blocksOf = (type: BlockType, rows: number): Uint8Array => {
  const { elements, bytes } = tensorForms[type];
  let state = 7;
  return Uint8Array.from({ length: ((rows * columns) / elements) * bytes }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 24) & 0xbb;
  });
};

const partsOf = async (type: BlockType, rows: number, bytes: Uint8Array): Promise<readonly Uint8Array[]> => {
  const rowBytes = bytes.length / rows;
  const read = async (from: number, to: number): Promise<Uint8Array> => bytes.subarray(from * rowBytes, to * rowBytes);
  const parts: Uint8Array[] = [];
  for await (const part of blocksOfProducts(type, [rows, columns], read, 2 * columns)) parts.push(part);
  return parts;
};

/** s (q - z) + offset of every element, out of the file's bytes. */
const multiplied = (type: BlockType, rows: number, all: Uint8Array): Float32Array => {
  const { bits, blockSize } = productForm(type);
  const sizes = partBytes(productForm(type), rows * columns);
  const numbers = (from: number, length: number): Float32Array =>
    new Float32Array(all.slice(from, from + length).buffer);
  const scales = numbers(sizes.elements, sizes.scales);
  const offsets = numbers(sizes.elements + sizes.scales, sizes.offsets);
  const blocks = columns / blockSize;
  return Float32Array.from({ length: rows * columns }, (_, at) => {
    const code = bits === 8 ? all[at]! : (all[at >> 1]! >> (4 * (at & 1))) & 15;
    const [row, block] = [Math.floor(at / columns), Math.floor((at % columns) / blockSize)];
    return scales[row * blocks + block]! * (code - 2 ** (bits - 1)) + (offsets[block * rows + row] ?? 0);
  });
};

describe("blocksOfProducts", () => {
  it.each(types)("gives the numbers of %s, of a matrix in several parts", async (type) => {
    // Not a multiple of the two rows that are unpacked at once.
    const rows = 5;
    const bytes = blocksOf(type, rows);
    const parts = await partsOf(type, rows, bytes);
    expect(parts).toHaveLength(codeForm(type).hasMinimum ? 5 : 4);
    const own = multiplied(type, rows, new Uint8Array(Buffer.concat(parts)));
    const expected = dequantize(type, bytes);
    // The offset is rounded once: to as many digits as the largest number of a block has.
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const wrong = expected.findIndex((value, at) => !(Math.abs(value - own[at]!) <= 2 ** -20 * largest));
    expect(wrong, `${expected[wrong]}, got ${own[wrong]}`).toBe(-1);
    expect(new Set(expected).size).toBeGreaterThan(100);
  });
});
