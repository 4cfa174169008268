/**
 * The rotation of `rotate` as plain ONNX operators, for each pair (a, b):
 *
 *     a' = a cos - b sin
 *     b' = b cos + a sin
 *
 * This works for any shape and any version of ONNX. With opset 23, `emitRotaryEmbedding` needs only one node.
 */
import type { Tape, Value } from "@ropewalk/graph";
import { check, checkKeys, positive } from "@ropewalk/check";
import { rotaryDimUpTo } from "../check.ts";
import { checkLayout, type RotaryLayout } from "../rotate.ts";

const lastAxis = { axis: -1 };

const integers = (tape: Tape, values: readonly number[]): Value => tape.constant("int64", [values.length], values);

/** Parts of the last axis; one part is the whole. */
const split = (tape: Tape, x: Value, sizes: readonly number[]): readonly Value[] =>
  sizes.length === 1 ? [x] : tape.ops("Split", sizes.length, [x, integers(tape, sizes)], lastAxis);

const concat = (tape: Tape, parts: readonly Value[]): Value =>
  parts.length === 1 ? parts[0]! : tape.op("Concat", parts, lastAxis);

const turn = (tape: Tape, a: Value, b: Value, cos: Value, sin: Value): readonly Value[] => [
  tape.op("Sub", [tape.op("Mul", [a, cos]), tape.op("Mul", [b, sin])]),
  tape.op("Add", [tape.op("Mul", [b, cos]), tape.op("Mul", [a, sin])]),
];

type Turned = (
  tape: Tape,
  x: Value,
  table: { readonly cos: Value; readonly sin: Value },
  rotaryDim: number,
  rest: readonly number[],
) => Value;

const halves: Turned = (tape, x, { cos, sin }, rotaryDim, rest) => {
  const [a, b, ...others] = split(tape, x, [rotaryDim / 2, rotaryDim / 2, ...rest]);
  return concat(tape, [...turn(tape, a!, b!, cos, sin), ...others]);
};

/** The two dimensions of a pair get an axis of their own. In the shapes for Reshape, 0 keeps the size of that axis. */
const interleaved: Turned = (tape, x, { cos, sin }, rotaryDim, rest) => {
  if (!x.dims) throw new RangeError(`emitRotate: the number of axes of x must be known, got x "${x.name}" without`);
  const outer = x.dims.slice(1).map(() => 0);
  const newAxis = integers(tape, [-1]);
  const [rotating, ...others] = split(tape, x, [rotaryDim, ...rest]);
  const pairs = tape.op("Reshape", [rotating!, integers(tape, [...outer, rotaryDim / 2, 2])]);
  const [a, b] = split(tape, pairs, [1, 1]);
  const [c, s] = [cos, sin].map((table) => tape.op("Unsqueeze", [table, newAxis]));
  const turned = concat(tape, turn(tape, a!, b!, c!, s!));
  const rotated = tape.op("Reshape", [turned, integers(tape, [...outer, rotaryDim])]);
  return concat(tape, [rotated, ...others]);
};

const layouts: Readonly<Record<RotaryLayout, Turned>> = { halves, interleaved };

/**
 * Records the rotation of `x`, whose last axis is headDim, e.g. `[seqLen, numHeads, headDim]`. The first rotaryDim
 * dimensions rotate and the rest pass through.
 *
 * `cos` and `sin` are rows of a `rotationTable`, with axes of size 1 where all of `x` shares them, e.g.
 * `[seqLen, 1, rotaryDim / 2]`, in the element type of `x`.
 *
 * @throws RangeError when rotaryDim is not even, above 0 and at most headDim, or the last axis of `x` is not headDim.
 * The layout "interleaved" also throws when the number of axes of `x` is not known.
 */
export const emitRotate = (
  tape: Tape,
  config: { readonly layout: RotaryLayout; readonly headDim: number; readonly rotaryDim: number },
  x: Value,
  cos: Value,
  sin: Value,
): Value => {
  checkKeys("emitRotate", "config", config, {
    layout: checkLayout,
    headDim: positive,
    rotaryDim: rotaryDimUpTo(config?.headDim),
  });
  const { layout, headDim, rotaryDim } = config;
  const width = x.dims?.at(-1);
  check(
    typeof width !== "number" || width === headDim,
    `emitRotate: the last axis of x must be headDim ${headDim}`,
    width,
  );

  const rest = headDim > rotaryDim ? [headDim - rotaryDim] : [];
  return layouts[layout](tape, x, { cos, sin }, rotaryDim, rest);
};
