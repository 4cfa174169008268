// The Gaussian error linear unit in its tanh form, element-wise:
//
//   y = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2

import { textAttribute } from "../read-attributes.ts";
import type { Operator } from "../operator.ts";
import { fail, input } from "../operator.ts";
import { unary } from "./unary.ts";

const tanhForm = unary((x) => (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2);

export const gelu: Operator = {
  infer: (call) => {
    const { type, dims } = input(call, 0);
    return [{ type, dims }];
  },
  evaluate: (call, outputs) => {
    const form = textAttribute(call, "approximate", "none");
    if (form !== "tanh") fail(call, 'approximate must be "tanh" to be evaluated', `"${form}"`);
    return tanhForm.evaluate(call, outputs);
  },
};
