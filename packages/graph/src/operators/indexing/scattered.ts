// What both operators that put elements at indices have in common: the result is like what they are put into, and a reduction.

import { textAttribute } from "../read-attributes.ts";
import type { Call, Operator } from "../operator.ts";
import { fail, input } from "../operator.ts";

export const inferScattered: Operator["infer"] = (call) => {
  const { type, dims } = input(call, 0);
  return [{ type, dims }];
};

/** Whether elements take the place of what is there, or are added to it. */
export const reductionOf = (call: Call<unknown>): "none" | "add" => {
  const kind = textAttribute(call, "reduction", "none");
  return kind === "none" || kind === "add" ? kind : fail(call, 'reduction must be "none" or "add"', `"${kind}"`);
};
