/** The elements of tensors out of their bytes: as codes with their scales, or as float32. */
import { check, checkArray, checkOneOf } from "@ropewalk/check";
import { tensorForms, tensorTypes, type TensorType } from "../tensor-types.ts";
import { blockTypes, isBlockType, type BlockType, type DenseType } from "./block-types.ts";
import type { BlockCodes } from "./codes.ts";
import { halves } from "./half.ts";

const checkBytes = (where: string, type: TensorType, bytes: Uint8Array): number => {
  checkArray(where, "bytes", bytes, "Uint8Array");
  const form = tensorForms[type];
  check(
    bytes.length % form.bytes === 0,
    `${where}: bytes must be whole blocks of ${form.bytes} in ${type}`,
    bytes.length,
  );
  return bytes.length / form.bytes;
};

/**
 * The codes of blocks that follow one another, with their scales and minimums.
 *
 * @throws RangeError for another type, or when the bytes are no whole blocks
 */
export const unpackCodes = (type: BlockType, bytes: Uint8Array): BlockCodes => {
  checkOneOf("unpackCodes", "type", type, Object.keys(blockTypes) as readonly BlockType[]);
  const count = checkBytes("unpackCodes", type, bytes);
  const { blockSize, hasMinimum, read } = blockTypes[type];
  const form = tensorForms[type];
  const elements = count * form.elements;
  const codes = new Int8Array(elements);
  const scales = new Float32Array(elements / blockSize);
  const minimums = new Float32Array(hasMinimum ? scales.length : 0);
  const unpacking = { bytes, half: halves(), codes, scales, minimums };
  for (let block = 0; block < count; block++) read(unpacking, block * form.bytes, block * form.elements);
  return { codes, scales, minimums: hasMinimum ? minimums : undefined };
};

const widen: Readonly<Record<DenseType, (bytes: Uint8Array) => Float32Array>> = {
  F32: (bytes) => new Float32Array(new Uint8Array(bytes).buffer),
  F16: (bytes) => {
    const half = halves();
    return Float32Array.from(new Uint16Array(new Uint8Array(bytes).buffer), (bits) => half[bits]!);
  },
  BF16: (bytes) => {
    const stored = new Uint16Array(new Uint8Array(bytes).buffer);
    const bits = new Uint32Array(stored.length);
    for (let at = 0; at < stored.length; at++) bits[at] = stored[at]! << 16;
    return new Float32Array(bits.buffer);
  },
};

/**
 * The elements as float32, as llama.cpp computes them: the product of scale and code is rounded to float32, then its difference from the
 * minimum.
 *
 * @throws RangeError for another type, or when the bytes are no whole blocks
 */
export const dequantize = (type: TensorType, bytes: Uint8Array): Float32Array => {
  checkOneOf("dequantize", "type", type, tensorTypes);
  checkBytes("dequantize", type, bytes);
  if (!isBlockType(type)) return widen[type](bytes);
  const { codes, scales, minimums } = unpackCodes(type, bytes);
  const { blockSize } = blockTypes[type];
  const values = new Float32Array(codes.length);
  for (let at = 0; at < codes.length; at++) {
    const block = Math.floor(at / blockSize);
    const product = scales[block]! * codes[at]!;
    values[at] = minimums === undefined ? product : Math.fround(product) - minimums[block]!;
  }
  return values;
};
