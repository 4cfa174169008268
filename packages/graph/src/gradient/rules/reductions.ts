// Reductions and the softmax. The gradient gets the reduced axes back at size 1 and is repeated along them.
//
//   y = Σ x          dL/dx = g
//   y = mean x       dL/dx = g / n                       n elements a group
//   y = max x        dL/dx = g [x = y] / how many x equal y
//   y = ln Σ e^x     dL/dx = g e^(x - y)
//   y = Σ x²         dL/dx = 2 g x
//   y = softmax x    dL/dx = y (g - Σ g y)

import { sizeOf } from "../../arrays/dims.ts";
import { intAttribute, intsAttribute } from "../../operators/read-attributes.ts";
import { axisOf } from "../../operators/operator.ts";
import type { Value } from "../../model/value.ts";
import type { Backward, Rule } from "../backward.ts";
import {
  castTo,
  dimsOf,
  elementsOf,
  gradient,
  inputOf,
  ints,
  mul,
  reshape,
  scalar,
  sub,
  sumAlong,
} from "../backward.ts";

type Reduced = {
  readonly at: Backward;
  readonly x: Value;
  readonly axes: readonly number[];
  /** The result and its gradient, with the reduced axes at size 1. */
  readonly y: Value;
  readonly g: Value;
};

const reducedOf = (at: Backward): Reduced => {
  const x = inputOf(at, 0);
  const dims = dimsOf(at, x);
  const given = at.inputs[1] ? elementsOf(at, 1) : (intsAttribute(at, "axes") ?? []);
  const none = given.length === 0 && intAttribute(at, "noop_with_empty_axes", 0) !== 0;
  const axes = given.length === 0 && !none ? [...dims.keys()] : given.map((axis) => axisOf(at, axis, dims.length));
  const kept = dims.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return { at, x, axes, y: reshape(at, at.outputs[0]!, kept), g: reshape(at, gradient(at), kept) };
};

const repeated = ({ at, x }: Reduced, value: Value): Value => at.tape.op("Expand", [value, ints(at, dimsOf(at, x))]);

const reduction =
  (back: (reduced: Reduced) => Value): Rule =>
  (at) => [() => back(reducedOf(at))];

export const reduceSum: Rule = reduction((reduced) => repeated(reduced, reduced.g));

export const reduceMean: Rule = reduction((reduced) => {
  const { at, x, axes, g } = reduced;
  const count = sizeOf(axes.map((axis) => dimsOf(at, x)[axis]!));
  return repeated(reduced, mul(at, g, scalar(at, 1 / count)));
});

export const reduceExtreme: Rule = reduction(({ at, x, y, g, axes }) => {
  const chosen = castTo(at, at.tape.op("Equal", [x, y]), g);
  return mul(at, at.tape.op("Div", [g, sumAlong(at, chosen, axes)]), chosen);
});

export const reduceLogSumExp: Rule = reduction(({ at, x, y, g }) => mul(at, g, at.tape.op("Exp", [sub(at, x, y)])));

export const reduceSumSquare: Rule = reduction(({ at, x, g }) => mul(at, mul(at, scalar(at, 2), g), x));

export const softmax: Rule = (at) => [
  () => {
    const [y, g] = [at.outputs[0]!, gradient(at)];
    const axis = axisOf(at, intAttribute(at, "axis", -1), dimsOf(at, y).length);
    return mul(at, y, sub(at, g, sumAlong(at, mul(at, g, y), [axis])));
  },
];

/** CumSum: y is the sum of all elements before along an axis, so the gradient is summed from the other end. */
export const cumSum: Rule = (at) => [
  () =>
    at.tape.op("CumSum", [gradient(at), inputOf(at, 1)], {
      exclusive: intAttribute(at, "exclusive", 0),
      reverse: 1 - intAttribute(at, "reverse", 0),
    }),
];
