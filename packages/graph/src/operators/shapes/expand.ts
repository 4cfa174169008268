// Elements repeated: to a shape that the input broadcasts to (Expand), or a number of times per axis (Tile).

import { broadcast, view } from "../../arrays/nd-array.ts";
import type { Dim } from "../../arrays/dims.ts";
import { broadcastDims, formatDims, isFixed, stridesOf } from "../../arrays/dims.ts";
import type { Operator } from "../operator.ts";
import { constantOf, fail, input } from "../operator.ts";

export const expand: Operator = {
  infer: (call) => {
    const [{ type, dims }, target] = [input(call, 0), input(call, 1)];
    const rank = target.dims && isFixed(target.dims) ? target.dims[0] : undefined;
    const shape: readonly Dim[] | undefined =
      constantOf(target) ?? (rank === undefined ? undefined : Array.from({ length: rank }, () => undefined));
    const expanded = broadcastDims(dims, shape);
    if (expanded === null)
      fail(call, "the input must broadcast to shape", `${formatDims(dims)} to ${formatDims(shape)}`);
    return [{ type, dims: expanded ?? undefined }];
  },
  evaluate: (call, [{ dims }]) => [broadcast(input(call, 0), dims)],
};

export const tile: Operator = {
  infer: (call) => {
    const [{ type, dims }, repeats] = [input(call, 0), constantOf(input(call, 1))];
    if (dims && repeats && repeats.length !== dims.length)
      fail(call, "repeats must have one number per axis", `${formatDims(repeats)} for ${formatDims(dims)}`);
    return [
      {
        type,
        dims: dims?.map((dim, axis) =>
          repeats?.[axis] === 1 ? dim : typeof dim === "number" && repeats ? dim * repeats[axis]! : undefined,
        ),
      },
    ];
  },
  evaluate: (call, [{ dims }]) => {
    const [x, repeats] = [input(call, 0), input(call, 1)];
    if (dims.includes(0)) return [new Float64Array(0)];
    const strides = stridesOf(x.dims);
    // Each axis becomes two: which repetition (stride 0), and the place within it.
    return [
      view(
        x.data,
        x.dims.flatMap((dim, axis) => [repeats.data[axis]!, dim]),
        strides.flatMap((stride) => [0, stride]),
      ),
    ];
  },
};
