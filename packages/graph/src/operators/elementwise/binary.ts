// Element-wise operators of two or more inputs, repeated to one shape:  y[i] = f(a[i], b[i])

import { broadcast } from "../../arrays/nd-array.ts";
import type { DataType } from "../../arrays/data-type.ts";
import { isInteger } from "../../arrays/data-type.ts";
import type { Call, Operator } from "../operator.ts";
import { broadcastAll, fail, input, sameType } from "../operator.ts";
import { intAttribute } from "../read-attributes.ts";

type Combine = (a: number, b: number, call: Call<unknown>, type: DataType) => number;

/** An operator of two inputs of one type; its output has that type, or the one given. */
export const binary = (f: Combine, outputType?: DataType): Operator => ({
  infer: (call) => {
    const operands = [input(call, 0), input(call, 1)];
    const type = sameType(call, operands);
    return [{ type: outputType ?? type, dims: broadcastAll(call, operands) }];
  },
  evaluate: (call, [{ dims }]) => {
    const { type } = input(call, 0);
    const b = broadcast(input(call, 1), dims);
    return [broadcast(input(call, 0), dims).map((x, i) => f(x, b[i]!, call, type))];
  },
});

/** An operator of any number of inputs of one type, combined two by two from the left. */
export const variadic = (f: (a: number, b: number) => number): Operator => ({
  infer: (call) => {
    const operands = call.inputs.map((_, index) => input(call, index));
    if (operands.length === 0) fail(call, "needs at least one input");
    return [{ type: sameType(call, operands), dims: broadcastAll(call, operands) }];
  },
  evaluate: (call, [{ dims }]) => {
    let result = broadcast(input(call, 0), dims);
    for (let index = 1; index < call.inputs.length; index++) {
      const right = broadcast(input(call, index), dims);
      result = result.map((x, i) => f(x, right[i]!));
    }
    return [result];
  },
});

/** A comparison or a logical operator: the output is boolean. */
export const predicate = (f: (a: number, b: number) => boolean): Operator =>
  binary((a, b) => (f(a, b) ? 1 : 0), "bool");

/** Division; of integers, towards zero. */
export const div: Operator = binary((a, b, call, type) => {
  if (!isInteger(type)) return a / b;
  if (b === 0) fail(call, "an integer must not be divided by 0");
  return (a - (a % b)) / b + 0;
});

/** Remainder: with the sign of the divisor, or of the dividend when the attribute `fmod` is 1. */
export const mod: Operator = binary((a, b, call, type) => {
  if (isInteger(type) && b === 0) fail(call, "an integer must not be divided by 0");
  const rest = a % b;
  const shift = intAttribute(call, "fmod", 0) === 0 && rest !== 0 && rest < 0 !== b < 0;
  return (shift ? rest + b : rest) + 0;
});

/** a^b, with the type of a; the exponent may have another type. */
export const pow: Operator = {
  infer: (call) => [{ type: input(call, 0).type, dims: broadcastAll(call, [input(call, 0), input(call, 1)]) }],
  evaluate: binary((a, b, _, type) => (isInteger(type) ? Math.trunc(a ** b) : a ** b)).evaluate,
};
