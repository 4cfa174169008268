// Operators that move elements. Each element's gradient goes back to its origin, and an element that was read several times gets the sum.

import { sizeOf } from "../../arrays/dims.ts";
import { intAttribute } from "../../operators/read-attributes.ts";
import { axisOf } from "../../operators/operator.ts";
import type { Value } from "../../model/value.ts";
import type { Backward, Rule } from "../backward.ts";
import { dimsOf, elementsOf, gradient, inputOf, ints, reshape, sumAlong, sumTo, turned, zeros } from "../backward.ts";
import { permOf, turnsLastTwo } from "../turned-from.ts";
import { countUp } from "../when-run.ts";

/** The same elements in another shape. */
export const reshaped: Rule = (at) => [() => reshape(at, gradient(at), dimsOf(at, inputOf(at, 0)))];

export const transpose: Rule = (at) => [
  () => {
    const rank = dimsOf(at, inputOf(at, 0)).length;
    const perm = permOf(at, rank);
    if (turnsLastTwo(perm)) return turned(at, gradient(at));
    return at.tape.op("Transpose", [gradient(at)], { perm: perm.map((_, axis) => perm.indexOf(axis)) });
  },
];

export const expand: Rule = (at) => [() => sumTo(at, gradient(at), inputOf(at, 0))];

/** Tile: n copies along an axis are viewed as [n, size], and summed over n. */
export const tile: Rule = (at) => [
  () => {
    const dims = dimsOf(at, inputOf(at, 0));
    const apart = elementsOf(at, 1).flatMap((times, axis) => [times, dims[axis]!]);
    const copies = dims.map((_, axis) => 2 * axis);
    return reshape(at, sumAlong(at, reshape(at, gradient(at), apart), copies), dims);
  },
];

export const concat: Rule = (at) => {
  const axis = axisOf(at, intAttribute(at, "axis"), dimsOf(at, at.outputs[0]!).length);
  const sizes = at.inputs.map((x) => dimsOf(at, x!)[axis]!);
  let parts: readonly Value[] | undefined;
  const split = (): readonly Value[] =>
    sizes.length === 1 ? [gradient(at)] : at.tape.ops("Split", sizes.length, [gradient(at), ints(at, sizes)], { axis });
  return sizes.map((_, index) => () => (parts ??= split())[index]!);
};

export const split: Rule = (at) => [
  () => {
    const axis = axisOf(at, intAttribute(at, "axis", 0), dimsOf(at, inputOf(at, 0)).length);
    const parts = at.outputs.map((output, index) => at.gradients[index] ?? zeros(at, dimsOf(at, output)));
    return parts.length === 1 ? parts[0]! : at.tape.op("Concat", parts, { axis });
  },
];

/**
 * Adds the rows of `gradients` to the rows `indices` of zeros [dims], along the first axis. It adds single elements, because in ONNX
 * Runtime's ScatterND several threads add to the same row at once and may lose a sum. GPUs' providers have no operators over int64
 * except lookups, so indices become int32 by a lookup in 0, 1, 2, …
 */
const addedRows = (at: Backward, dims: readonly number[], indices: Value, gradients: Value): Value => {
  const count = sizeOf(dimsOf(at, indices));
  const [row, ones] = [dims.slice(1), dims.slice(1).map(() => 1)];
  const narrow = at.tape.op("Gather", [countUp(at.tape, dims[0]!), indices], { axis: 0 });
  const places = at.tape.op("Expand", [reshape(at, narrow, [count, ...ones]), ints(at, [count, ...row])]);
  const rows = reshape(at, gradients, [count, ...row]);
  return at.tape.op("ScatterElements", [zeros(at, dims), places, rows], { axis: 0, reduction: "add" });
};

/** The gradient of a lookup along one axis of x [dims]. In `g` the axes of `indices` stand in the place of that axis. */
const unpicked = (at: Backward, dims: readonly number[], axis: number, indices: Value, g: Value): Value => {
  if (axis === 0) return addedRows(at, dims, indices, g);
  const picked = dimsOf(at, indices).length;
  const rank = dims.length - 1 + picked;
  const middle = Array.from({ length: picked }, (_, n) => axis + n);
  const others = Array.from({ length: rank }, (_, n) => n).filter((n) => !middle.includes(n));
  const front = at.tape.op("Transpose", [g], { perm: [...middle, ...others] });
  const ahead = [dims[axis]!, ...dims.filter((_, n) => n !== axis)];
  const added = addedRows(at, ahead, indices, front);
  const back = dims.map((_, n) => (n === axis ? 0 : n < axis ? n + 1 : n));
  return at.tape.op("Transpose", [added], { perm: back });
};

export const gather: Rule = (at) => [
  () => {
    const dims = dimsOf(at, inputOf(at, 0));
    const axis = axisOf(at, intAttribute(at, "axis", 0), dims.length);
    return unpicked(at, dims, axis, inputOf(at, 1), gradient(at));
  },
];

/** Slice: for each axis that was cut, the last cut first, zeros are put around the kept elements, and between them where the slice had steps. */
export const slice: Rule = (at) => [
  () => {
    const dims = dimsOf(at, inputOf(at, 0));
    const starts = elementsOf(at, 1);
    const axes = (at.inputs[3] ? elementsOf(at, 3) : starts.map((_, n) => n)).map((axis) =>
      axisOf(at, axis, dims.length),
    );
    const steps = at.inputs[4] ? elementsOf(at, 4) : starts.map(() => 1);
    let sizes = dimsOf(at, at.outputs[0]!);
    let g = gradient(at);
    for (const [n, axis] of axes.entries()) {
      const [size, count, step] = [dims[axis]!, sizes[axis]!, steps[n]!];
      const start = starts[n]! < 0 ? starts[n]! + size : starts[n]!;
      const first = Math.min(Math.max(start, 0), step > 0 ? size : size - 1);
      const wide = sizes.with(axis, size);
      if (step === 1) {
        const around = [sizes.with(axis, first), sizes.with(axis, size - first - count)];
        const [before, after] = around.map((shape) => (shape[axis] === 0 ? [] : [zeros(at, shape)]));
        const parts = [...before!, g, ...after!];
        g = parts.length === 1 ? g : at.tape.op("Concat", parts, { axis });
      } else
        g = unpicked(
          at,
          wide,
          axis,
          ints(
            at,
            Array.from({ length: count }, (_, k) => first + k * step),
          ),
          g,
        );
      sizes = wide;
    }
    return g;
  },
];
