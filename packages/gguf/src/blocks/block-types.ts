/** The types in blocks: what their codes are, and how a block is read. A type is one row, and one function. */
import type { TensorType } from "../tensor-types.ts";
import { q2_K, q3_K, q4_K, q5_K, q6_K } from "./blocks-of-256.ts";
import { q4_0, q4_1, q5_0, q5_1, q8_0 } from "./blocks-of-32.ts";
import type { CodeForm, ReadBlock } from "./codes.ts";

export type DenseType = "F32" | "F16" | "BF16";

export type BlockType = Exclude<TensorType, DenseType>;

export const blockTypes: Readonly<Record<BlockType, CodeForm & { readonly read: ReadBlock }>> = {
  Q4_0: { blockSize: 32, codes: [-8, 7], hasMinimum: false, read: q4_0 },
  Q4_1: { blockSize: 32, codes: [0, 15], hasMinimum: true, read: q4_1 },
  Q5_0: { blockSize: 32, codes: [-16, 15], hasMinimum: false, read: q5_0 },
  Q5_1: { blockSize: 32, codes: [0, 31], hasMinimum: true, read: q5_1 },
  Q8_0: { blockSize: 32, codes: [-128, 127], hasMinimum: false, read: q8_0 },
  Q2_K: { blockSize: 16, codes: [0, 3], hasMinimum: true, read: q2_K },
  Q3_K: { blockSize: 16, codes: [-4, 3], hasMinimum: false, read: q3_K },
  Q4_K: { blockSize: 32, codes: [0, 15], hasMinimum: true, read: q4_K },
  Q5_K: { blockSize: 32, codes: [0, 31], hasMinimum: true, read: q5_K },
  Q6_K: { blockSize: 16, codes: [-32, 31], hasMinimum: false, read: q6_K },
};

/** Whether a type is in blocks; otherwise it is dense. */
export const isBlockType = (type: TensorType): type is BlockType => Object.hasOwn(blockTypes, type);

/** What the codes of a type are. */
export const codeForm = (type: BlockType): CodeForm => blockTypes[type];
