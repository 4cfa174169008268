// TopK: the largest elements along an axis, largest first, and their indices; equal elements keep their order.
// ArgMax: the index of the largest element, the first one of equals, or the last one.

import { offsets } from "../../arrays/nd-array.ts";
import { sizeOf, stridesOf } from "../../arrays/dims.ts";
import { intAttribute } from "../read-attributes.ts";
import type { Call, Operator } from "../operator.ts";
import { axisOf, constantOf, fail, groupWork, input } from "../operator.ts";

/** Indices along the axis, ordered by falling elements or by rising elements. */
const ranked = (elements: Float64Array, largest: boolean): readonly number[] =>
  Array.from(elements.keys()).sort(
    (a, b) => (largest ? elements[b]! - elements[a]! : elements[a]! - elements[b]!) || a - b,
  );

/** For each row along an axis, the places of its elements. */
const rowsAlong = (dims: readonly number[], axis: number): readonly Float64Array[] => {
  const strides = stridesOf(dims);
  return Array.from(offsets(dims.with(axis, 1), strides), (start) => offsets([dims[axis]!], [strides[axis]!], start));
};

export const argMax: Operator = {
  infer: (call) => {
    const { dims } = input(call, 0);
    if (dims === undefined) return [{ type: "int64", dims }];
    const axis = axisOf(call, intAttribute(call, "axis", 0), dims.length);
    return [
      { type: "int64", dims: intAttribute(call, "keepdims", 1) === 0 ? dims.toSpliced(axis, 1) : dims.with(axis, 1) },
    ];
  },
  evaluate: (call) => {
    const { dims, data } = input(call, 0);
    const axis = axisOf(call, intAttribute(call, "axis", 0), dims.length);
    const last = intAttribute(call, "select_last_index", 0) !== 0;
    return [
      Float64Array.from(rowsAlong(dims, axis), (places) => {
        const row = places.map((place) => data[place]!);
        return last ? row.length - 1 - ranked(row.toReversed(), true)[0]! : ranked(row, true)[0]!;
      }),
    ];
  },
  work: (call) => groupWork(input(call, 0).data.length),
};

const axisOfTopK = (call: Call<unknown>, rank: number): number => axisOf(call, intAttribute(call, "axis", -1), rank);

export const topK: Operator = {
  infer: (call) => {
    const [{ type, dims }, k] = [input(call, 0), constantOf(input(call, 1))?.[0]];
    if (dims === undefined)
      return [
        { type, dims },
        { type: "int64", dims },
      ];
    const axis = axisOfTopK(call, dims.length);
    const size = dims[axis];
    if (k !== undefined && typeof size === "number" && !(k >= 0 && k <= size))
      fail(call, `k must be from 0 to the axis's size of ${size}`, `${k}`);
    const picked = dims.with(axis, k);
    return [
      { type, dims: picked },
      { type: "int64", dims: picked },
    ];
  },
  evaluate: (call, [{ dims: picked }]) => {
    const { dims, data } = input(call, 0);
    const axis = axisOfTopK(call, dims.length);
    const largest = intAttribute(call, "largest", 1) !== 0;
    const values = new Float64Array(sizeOf(picked));
    const indices = values.slice();
    const targets = rowsAlong(picked, axis);
    for (const [row, places] of rowsAlong(dims, axis).entries()) {
      const order = ranked(
        places.map((place) => data[place]!),
        largest,
      );
      for (const [rank, target] of targets[row]!.entries()) {
        indices[target] = order[rank]!;
        values[target] = data[places[order[rank]!]!]!;
      }
    }
    return [values, indices];
  },
  work: (call) => groupWork(input(call, 0).data.length),
};
