// Element-wise operators. g is the gradient of the result y; the gradient of a repeated operand is summed over its copies.
//
//   y = a + b     dL/da = g             dL/db = g
//   y = a b       dL/da = g b           dL/db = g a
//   y = a / b     dL/da = g / b         dL/db = -g y / b
//   y = a^p       dL/da = g p a^(p-1)   dL/dp = g y ln a
//   y = f(x)      dL/dx = g f'(x)
//   y = max(x_1, …, x_n)                dL/dx_k = g [x_k = y] / how many x equal y

import { intAttribute, textAttribute } from "../../operators/read-attributes.ts";
import type { Value } from "../../model/value.ts";
import type { Backward, Rule } from "../backward.ts";
import { add, castTo, gradient, inputOf, mul, mulRepeated, neg, refuse, scalar, sub, sumTo } from "../backward.ts";

/** A rule for one input: dL/dx = g f'(x), where f' gets x and y. */
const unary =
  (derivative: (at: Backward, x: Value, y: Value) => Value): Rule =>
  (at) => [() => mulRepeated(at, gradient(at), derivative(at, inputOf(at, 0), at.outputs[0]!))];

/** A rule for two inputs, each of which the operator may have repeated. */
const binary =
  (left: (at: Backward, a: Value, b: Value) => Value, right: (at: Backward, a: Value, b: Value) => Value): Rule =>
  (at) => {
    const [a, b] = [inputOf(at, 0), inputOf(at, 1)];
    return [() => sumTo(at, left(at, a, b), a), () => sumTo(at, right(at, a, b), b)];
  };

const square = (at: Backward, x: Value): Value => mul(at, x, x);
const oneMinus = (at: Backward, x: Value): Value => sub(at, scalar(at, 1), x);

export const identity: Rule = (at) => [() => gradient(at)];
export const plus: Rule = binary(gradient, gradient);
export const minus: Rule = (at) => [
  () => sumTo(at, gradient(at), inputOf(at, 0)),
  // The sum comes first, because negating the smaller tensor is cheaper.
  () => neg(at, sumTo(at, gradient(at), inputOf(at, 1))),
];
export const times: Rule = binary(
  (at, _, b) => mulRepeated(at, gradient(at), b),
  (at, a) => mulRepeated(at, gradient(at), a),
);
export const divide: Rule = binary(
  (at, _, b) => at.tape.op("Div", [gradient(at), b]),
  (at, _, b) => neg(at, at.tape.op("Div", [mul(at, gradient(at), at.outputs[0]!), b])),
);
export const power: Rule = binary(
  (at, a, p) => mul(at, gradient(at), mul(at, p, at.tape.op("Pow", [a, sub(at, p, scalar(at, 1))]))),
  (at, a) => mul(at, gradient(at), mul(at, at.outputs[0]!, at.tape.op("Log", [a]))),
);

export const negative: Rule = (at) => [() => neg(at, gradient(at))];
export const exponential: Rule = unary((_, __, y) => y);
export const logarithm: Rule = unary(({ tape }, x) => tape.op("Reciprocal", [x]));
export const root: Rule = unary((at, _, y) => at.tape.op("Div", [scalar(at, 0.5), y]));
export const reciprocal: Rule = unary((at, _, y) => neg(at, square(at, y)));
export const sigmoid: Rule = unary((at, _, y) => mul(at, y, oneMinus(at, y)));
export const tanh: Rule = unary((at, _, y) => oneMinus(at, square(at, y)));
export const sine: Rule = unary(({ tape }, x) => tape.op("Cos", [x]));
export const cosine: Rule = unary((at, x) => neg(at, at.tape.op("Sin", [x])));

export const relu: Rule = (at) => [
  () => at.tape.op("Where", [at.tape.op("Greater", [inputOf(at, 0), scalar(at, 0)]), gradient(at), scalar(at, 0)]),
];

/** Gelu in its tanh form, u = c (x + 0.044715 x³): y' = (1 + tanh u) / 2 + x (1 - tanh² u) c (1 + 0.134145 x²) / 2. */
export const gelu: Rule = (at) => {
  const form = textAttribute(at, "approximate", "none");
  if (form !== "tanh") return refuse(at, 'approximate must be "tanh"', `"${form}"`);
  const scale = Math.sqrt(2 / Math.PI);
  return unary((_, x) => {
    const squared = square(at, x);
    const stretch = add(at, scalar(at, 1), mul(at, scalar(at, 0.044715), squared));
    const t = at.tape.op("Tanh", [mul(at, mul(at, scalar(at, scale), x), stretch)]);
    const slope = add(at, scalar(at, scale), mul(at, scalar(at, 3 * 0.044715 * scale), squared));
    const bend = mul(at, mul(at, x, oneMinus(at, square(at, t))), slope);
    return mul(at, scalar(at, 0.5), add(at, add(at, scalar(at, 1), t), bend));
  })(at);
};

/** The gradient goes to the largest (or smallest) input; equal inputs share it. */
export const extreme: Rule = (at) => {
  const [y] = at.outputs;
  const chosen = at.inputs.map((x) => castTo(at, at.tape.op("Equal", [x!, y!]), gradient(at)));
  const count = chosen.reduce((all, mask) => add(at, all, mask));
  const share = at.tape.op("Div", [gradient(at), count]);
  return at.inputs.map((x, index) => () => sumTo(at, mul(at, share, chosen[index]!), x!));
};

export const sum: Rule = (at) => at.inputs.map((x) => () => sumTo(at, gradient(at), x!));

export const where: Rule = (at) => {
  const condition = inputOf(at, 0);
  const kept = (yes: boolean): Value =>
    yes
      ? at.tape.op("Where", [condition, gradient(at), scalar(at, 0)])
      : at.tape.op("Where", [condition, scalar(at, 0), gradient(at)]);
  return [undefined, () => sumTo(at, kept(true), inputOf(at, 1)), () => sumTo(at, kept(false), inputOf(at, 2))];
};

export const cast: Rule = (at) => [() => castTo(at, gradient(at), inputOf(at, 0))];

/** Trilu: the gradient of a triangle is the same triangle of the gradient. */
export const trilu: Rule = (at) => [
  () => at.tape.op("Trilu", [gradient(at), at.inputs[1]], { upper: intAttribute(at, "upper", 1) }),
];
