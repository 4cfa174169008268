// A part of some axes, from `starts` towards `ends` (not included) by `steps`:  y[i] = x[start + i * step]
// Negative positions count from the end, and positions outside the axis stop at its ends.

import { view } from "../../arrays/nd-array.ts";
import type { Dim } from "../../arrays/dims.ts";
import { formatDims, stridesOf } from "../../arrays/dims.ts";
import type { Call, Operand, Operator } from "../operator.ts";
import { axisOf, constantOf, fail, input, knownCall } from "../operator.ts";

type Range = {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
};

/** The axes that are cut; undefined when they are not known. */
const rangesOf = (call: Call<Operand>, rank: number): readonly Range[] | undefined => {
  const [starts, ends] = [constantOf(input(call, 1)), constantOf(input(call, 2))];
  const axes = call.inputs[3] ? constantOf(call.inputs[3]) : starts?.map((_, axis) => axis);
  const steps = call.inputs[4] ? constantOf(call.inputs[4]) : starts?.map(() => 1);
  if (!starts || !ends || !axes || !steps) return undefined;
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length) {
    fail(
      call,
      "starts, ends, axes and steps must have one length",
      [starts, ends, axes, steps].map(formatDims).join(" "),
    );
  }
  if (steps.includes(0)) fail(call, "steps must not be 0", formatDims(steps));
  return starts.map((start, i) => ({
    axis: axisOf(call, axes[i]!, rank),
    start,
    end: ends[i]!,
    step: steps[i]!,
  }));
};

/** First position and number of positions on an axis of a fixed size. */
const cut = ({ start, end, step }: Range, size: number): { readonly first: number; readonly count: number } => {
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const place = (at: number): number => Math.min(Math.max(at < 0 ? at + size : at, low), high);
  const first = Math.min(Math.max(start < 0 ? start + size : start, 0), step > 0 ? size : size - 1);
  return { first, count: Math.max(0, Math.ceil((place(end) - first) / step)) };
};

const sliced = (range: Range, size: Dim): Dim => {
  if (typeof size === "number") return cut(range, size).count;
  return range.start === 0 && range.end >= 2 ** 31 - 1 && range.step === 1 ? size : undefined;
};

export const slice: Operator = {
  infer: (call) => {
    const { type, dims } = input(call, 0);
    if (dims === undefined) return [{ type, dims }];
    const ranges = rangesOf(call, dims.length);
    if (ranges)
      return [
        {
          type,
          dims: ranges.reduce((cutDims, range) => cutDims.with(range.axis, sliced(range, dims[range.axis])), dims),
        },
      ];
    const axes = call.inputs[3] && constantOf(call.inputs[3])?.map((axis) => axisOf(call, axis, dims.length));
    return [{ type, dims: dims.map((dim, axis) => (axes && !axes.includes(axis) ? dim : undefined)) }];
  },
  evaluate: (call, [{ dims }]) => {
    const x = input(call, 0);
    const ranges = rangesOf(knownCall(call), x.dims.length)!;
    const strides = stridesOf(x.dims);
    const start = ranges.reduce((sum, range) => sum + cut(range, x.dims[range.axis]!).first * strides[range.axis]!, 0);
    const steps = ranges.reduce((all, { axis, step }) => all.with(axis, strides[axis]! * step), strides);
    return [view(x.data, dims, steps, start)];
  },
};
