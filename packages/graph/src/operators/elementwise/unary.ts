// Element-wise operators of one input:  y[i] = f(x[i])

import type { DataType } from "../../arrays/data-type.ts";
import type { Operator } from "../operator.ts";
import { input } from "../operator.ts";

/** An operator that applies f to each element and keeps the shape, and the type unless one is given. */
export const unary = (f: (x: number) => number, outputType?: DataType): Operator => ({
  infer: (call) => {
    const { type, dims } = input(call, 0);
    return [{ type: outputType ?? type, dims }];
  },
  evaluate: (call) => [input(call, 0).data.map(f)],
});

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
