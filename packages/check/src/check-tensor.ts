/** Tensors as `{ dims, data }`, row-major, in a Float32Array. */
import { check, checkArray } from "./check.ts";
import type { Rule } from "./value-rules.ts";

type Shaped = { readonly dims: readonly number[]; readonly data: Float32Array };

/** Checks the shape and the number of elements of a tensor. A RangeError shows both shapes, or both numbers. */
export const checkTensor = (where: string, name: string, tensor: Shaped, want: readonly number[]): void => {
  const { dims, data } = { ...tensor };
  if (String(dims) !== String(want)) throw new RangeError(`${where}: ${name} must be [${want}], got [${dims}]`);
  checkArray(where, `${name}.data`, data, "Float32Array");
  const size = want.reduce((product, dim) => product * dim, 1);
  check(data.length === size, `${where}: ${name} of [${want}] must hold ${size} elements`, data.length);
};

/** A tensor with that number of axes. */
export const ofRank =
  (rank: number): Rule =>
  (where, name, tensor) =>
    checkArray(where, `${name}.dims`, (tensor as Shaped | undefined)?.dims, "Array", rank);
