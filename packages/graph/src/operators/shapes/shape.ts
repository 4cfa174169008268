// Sizes as numbers: those of the axes from `start` to `end` (Shape), or how many elements there are (Size).

import { sizeOf } from "../../arrays/dims.ts";
import { hasAttribute, intAttribute } from "../read-attributes.ts";
import type { Call, Operator } from "../operator.ts";
import { input } from "../operator.ts";

const part = <D>(call: Call<unknown>, dims: readonly D[]): readonly D[] =>
  dims.slice(intAttribute(call, "start", 0), hasAttribute(call, "end") ? intAttribute(call, "end") : undefined);

export const shape: Operator = {
  infer: (call) => {
    const { dims } = input(call, 0);
    return [{ type: "int64", dims: [dims && part(call, dims).length] }];
  },
  evaluate: (call) => [Float64Array.from(part(call, input(call, 0).dims))],
};

export const size: Operator = {
  infer: () => [{ type: "int64", dims: [] }],
  evaluate: (call) => [Float64Array.of(sizeOf(input(call, 0).dims))],
};
