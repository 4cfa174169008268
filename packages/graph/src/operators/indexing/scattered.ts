// What ScatterElements and ScatterND have in common: the result has the shape of the data, and elements replace or are added.

import { textAttribute } from "../read-attributes.ts";
import type { Call, Operator } from "../operator.ts";
import { fail, input } from "../operator.ts";

export const inferScattered: Operator["infer"] = (call) => {
  const { type, dims } = input(call, 0);
  return [{ type, dims }];
};

/** Whether elements replace those that are there, or are added to them. */
export const reductionOf = (call: Call<unknown>): "none" | "add" => {
  const kind = textAttribute(call, "reduction", "none");
  return kind === "none" || kind === "add" ? kind : fail(call, 'reduction must be "none" or "add"', `"${kind}"`);
};
