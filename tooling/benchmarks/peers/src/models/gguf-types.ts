/**
 * How llama.cpp stores a tensor. Blocks are of 32 elements of a row with one float16 scale d before them:
 *
 *     Q8_0   w = d q          q int8                                          34 bytes
 *     Q4_0   w = d (q - 8)    byte k: element k low, element k + 16 high       18 bytes
 *
 * The codes are those of the project's own rounding, so that every engine multiplies by the same numbers. Types with 256 elements to a block
 * are in `gguf-types-of-256.ts`.
 */
import { quantizeBlocks } from "@ropewalk/models";
import { encodeQ4K, encodeQ6K, q4KBytes, q6KBytes } from "./gguf-types-of-256.ts";

export type BlockType = "F32" | "F16" | "Q8_0" | "Q4_0" | "Q4_K" | "Q6_K";

type Storage = {
  /** The type's number in the file. */
  readonly code: number;
  /** Bytes of so many elements. */
  readonly bytes: (elements: number) => number;
  readonly encode: (values: Float32Array) => Uint8Array;
};

const blockSize = 32;
const scaleBytes = 2;

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Blocks with their scale before them; `put` writes a block's codes behind it. */
const inBlocks = (
  bits: 4 | 8,
  values: Float32Array,
  put: (codes: Uint8Array, target: Uint8Array) => void,
): Uint8Array => {
  // Rows are whole blocks, so the matrix may be taken as one row.
  const { elements, scales } = quantizeBlocks({ bits, blockSize }, values, values.length);
  const codeBytes = (blockSize * bits) / 8;
  const width = scaleBytes + codeBytes;
  const bytes = new Uint8Array(scales.length * width);
  const view = new DataView(bytes.buffer);
  for (const [block, scale] of scales.entries()) {
    view.setFloat16(block * width, scale, true);
    put(
      elements.subarray(block * codeBytes, (block + 1) * codeBytes),
      bytes.subarray(block * width + scaleBytes, (block + 1) * width),
    );
  }
  return bytes;
};

/** From the zero at 128 to signed bytes. */
const putSigned = (codes: Uint8Array, target: Uint8Array): void => {
  for (let k = 0; k < blockSize; k++) target[k] = codes[k]! ^ 0x80;
};

/** From neighbours in a byte to elements half a block apart. */
const putHalves = (codes: Uint8Array, target: Uint8Array): void => {
  const code = (k: number): number => (codes[k >> 1]! >> (4 * (k & 1))) & 15;
  for (let k = 0; k < blockSize / 2; k++) target[k] = code(k) | (code(k + blockSize / 2) << 4);
};

const blockBytes =
  (bits: 4 | 8) =>
  (elements: number): number =>
    (elements / blockSize) * (scaleBytes + (blockSize * bits) / 8);

export const blockTypes: Readonly<Record<BlockType, Storage>> = {
  F32: { code: 0, bytes: (elements) => 4 * elements, encode: bytesOf },
  F16: { code: 1, bytes: (elements) => 2 * elements, encode: (values) => bytesOf(Float16Array.from(values)) },
  Q4_0: { code: 2, bytes: blockBytes(4), encode: (values) => inBlocks(4, values, putHalves) },
  Q8_0: { code: 8, bytes: blockBytes(8), encode: (values) => inBlocks(8, values, putSigned) },
  Q4_K: { code: 12, bytes: q4KBytes, encode: encodeQ4K },
  Q6_K: { code: 14, bytes: q6KBytes, encode: encodeQ6K },
};
