// The same elements in another shape. In the shape input, 0 copies the input's size (unless `allowzero` is 1) and one
// -1 stands for what is left:  size = numElements / product of the others.

import type { Dim } from "../../arrays/dims.ts";
import { formatDims, isFixed, sizeOf } from "../../arrays/dims.ts";
import { intAttribute } from "../read-attributes.ts";
import type { Call, Operand, Operator } from "../operator.ts";
import { constantOf, fail, input } from "../operator.ts";

/** numElements of the sizes `from` divided by that of `to`; undefined when that is not one size. */
const quotient = (from: readonly Dim[], to: readonly number[]): Dim => {
  const open = from.filter((dim) => typeof dim !== "number");
  const ratio = sizeOf(from.filter((dim) => typeof dim === "number")) / sizeOf(to);
  if (open.length === 0) return ratio;
  return open.length === 1 && ratio === 1 ? open[0] : undefined;
};

const resolve = (call: Call<Operand>, from: readonly Dim[] | undefined, shape: readonly number[]): readonly Dim[] => {
  const text = `${formatDims(from)} to ${formatDims(shape)}`;
  const copies = (axis: number): boolean => shape[axis] === 0 && intAttribute(call, "allowzero", 0) === 0;
  const numRests = shape.filter((size) => size === -1).length;
  if (numRests > 1 || shape.some((size) => size < -1)) fail(call, "shape must have sizes and at most one -1", text);
  if (from === undefined) return shape.map((size, axis) => (size === -1 || copies(axis) ? undefined : size));
  if (shape.some((_, axis) => copies(axis) && axis >= from.length))
    fail(call, "a 0 in shape must copy a size of the input", text);
  const rest = quotient(
    from.filter((_, axis) => !copies(axis)),
    shape.filter((size, axis) => !copies(axis) && size !== -1),
  );
  // Without -1 nothing may be left; 0 by 0 elements is not a number and fits.
  const fits = typeof rest !== "number" || (numRests === 1 ? Number.isInteger(rest) : rest === 1 || Number.isNaN(rest));
  if (!fits) fail(call, "the number of elements must stay", text);
  return shape.map((size, axis) => (copies(axis) ? from[axis] : size === -1 ? rest : size));
};

export const reshape: Operator = {
  infer: (call) => {
    const { type, dims } = input(call, 0);
    const target = input(call, 1);
    const shape = constantOf(target);
    if (shape) return [{ type, dims: resolve(call, dims, shape) }];
    const rank = target.dims && isFixed(target.dims) ? target.dims[0] : undefined;
    return [
      {
        type,
        dims: rank === undefined ? undefined : Array.from({ length: rank }, () => undefined),
      },
    ];
  },
  evaluate: (call) => [input(call, 0).data],
};
