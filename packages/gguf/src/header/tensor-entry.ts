/**
 * One tensor of a header:
 *
 *     8, n    the name's length and the name
 *     4, 8 r  the number of axes r, and the size of each, the fastest first
 *     4       the type
 *     8       where its bytes begin, counted from the start of the data
 */
import { check, showName } from "@ropewalk/check";
import { tensorForms, typeOfId, type TensorType } from "../tensor-types.ts";
import type { Counted } from "./budget.ts";
import type { Cursor } from "./cursor.ts";
import { readText } from "./metadata.ts";

/** Where a tensor's elements lie. */
export type GgufTensor = {
  readonly name: string;
  readonly type: TensorType;
  /**
   * Row-major, the slowest axis first: a matrix is [out, in], although the file states the sizes in the other order. Axes of 1 before all others
   * are left out.
   */
  readonly dims: readonly number[];
  readonly file: string;
  /** In bytes, from the start of the file. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
};

/** A tensor whose offset counts from the start of the data, which is known when the header has been read. */
export type TensorInData = Omit<GgufTensor, "file">;

const mostAxes = 4;

export const countedTensor: Counted = { bytes: 33, memory: 1024 };

/** The size of each axis, without axes of 1 that follow all others in the file: some writers state four axes of every tensor. */
const readDims = async (cursor: Cursor, shown: string): Promise<readonly number[]> => {
  const at = `${cursor.at}: ${shown}`;
  await cursor.need(shown, 4);
  const axes = cursor.uint32();
  check(axes >= 1 && axes <= mostAxes, `${at} must have 1 to ${mostAxes} axes`, axes);
  await cursor.need(shown, 8 * axes + 12);
  const sizes = Array.from({ length: axes }, () => cursor.uint64());
  const elements = sizes.reduce((product, size) => product * size, 1n);
  check(
    elements >= 1n && elements <= Number.MAX_SAFE_INTEGER,
    `${at} must have axes of at least 1, and fewer than 2^53 elements`,
    sizes,
  );
  const last = sizes.findLastIndex((size) => size > 1n);
  return sizes
    .slice(0, Math.max(1, last + 1))
    .map(Number)
    .toReversed();
};

/** Reads the next entry. @throws RangeError naming the file, the tensor, the rule and the value */
export const readTensorEntry = async (cursor: Cursor, index: number): Promise<TensorInData> => {
  const name = await readText(cursor, `the name of tensor ${index}`);
  check(name !== "", `${cursor.at}: the name of tensor ${index} must not be empty`, name);
  const shown = showName(name);
  const at = `${cursor.at}: ${shown}`;
  const dims = await readDims(cursor, shown);
  const type = typeOfId(at, cursor.uint32());
  const offset = cursor.uint64();
  const { elements, bytes } = tensorForms[type];
  const inner = dims.at(-1)!;
  check(inner % elements === 0, `${at} must have rows of whole blocks of ${elements} in ${type}`, inner);
  check(offset <= Number.MAX_SAFE_INTEGER, `${at} must begin within the file`, offset);
  const length = (dims.reduce((product, size) => product * size, 1) / elements) * bytes;
  return { name, type, dims, offset: Number(offset), length };
};
