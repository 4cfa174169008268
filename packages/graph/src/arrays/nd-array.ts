// Arrays of numbers, and strided views of them.
//
//   view[i_0, ..., i_n] = array[start + sum_k i_k * stride_k]
//
// Transposing, slicing, repeating and broadcasting (stride 0) are all views.

import { show } from "@ropewalk/check";
import { checkType, type DataType } from "./data-type.ts";
import { checkSizes, formatDims, sizeOf, stridesOf } from "./dims.ts";

/**
 * An n-dimensional array, row-major. Elements of every type are float64 numbers: integers are exact up to 2^53, `bool`
 * is 0 and 1, and floating-point elements are not rounded to the width of their type.
 */
export type NdArray = {
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly data: Float64Array;
};

/**
 * An array from numbers in row-major order.
 *
 * @throws RangeError when the number of elements is not the product of the sizes.
 */
export const ndArray = (type: DataType, dims: readonly number[], data: ArrayLike<number>): NdArray => {
  checkType("ndArray", type);
  checkSizes("ndArray", dims);
  if (typeof data !== "object" || data === null || !(data.length >= 0))
    throw new TypeError(`ndArray: data must be an array of numbers, got ${show(data)}`);
  if (data.length !== sizeOf(dims)) {
    throw new RangeError(
      `ndArray: data must have one element per place of dims ${formatDims(dims)}, got ${data.length} elements`,
    );
  }
  return { type, dims, data: Float64Array.from(data) };
};

/** The place of each element of a view in the array, in row-major order of the view. */
export const offsets = (dims: readonly number[], strides: readonly number[], start = 0): Float64Array => {
  let places = Float64Array.of(start);
  for (const [axis, size] of dims.entries()) {
    const next = new Float64Array(places.length * size);
    for (let i = 0; i < places.length; i++) {
      for (let j = 0; j < size; j++) next[i * size + j] = places[i]! + j * strides[axis]!;
    }
    places = next;
  }
  return places;
};

/** The elements of a view. */
export const view = (
  data: Float64Array,
  dims: readonly number[],
  strides: readonly number[],
  start = 0,
): Float64Array => offsets(dims, strides, start).map((place) => data[place]!);

/** The elements of an array repeated to a larger shape, as in element-wise operators. */
export const broadcast = ({ dims: from, data }: NdArray, dims: readonly number[]): Float64Array => {
  const strides = stridesOf(from);
  const missing = dims.length - from.length;
  return view(
    data,
    dims,
    dims.map((_, axis) => (axis < missing || from[axis - missing] === 1 ? 0 : strides[axis - missing]!)),
  );
};
