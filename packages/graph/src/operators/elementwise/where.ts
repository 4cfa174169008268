// y[i] = x[i] where the condition holds, else z[i], the three repeated to one shape.

import { broadcast } from "../../arrays/nd-array.ts";
import type { Operator } from "../operator.ts";
import { broadcastAll, input, sameType } from "../operator.ts";

export const where: Operator = {
  infer: (call) => {
    const [condition, x, z] = [input(call, 0), input(call, 1), input(call, 2)];
    return [{ type: sameType(call, [x, z]), dims: broadcastAll(call, [condition, x, z]) }];
  },
  evaluate: (call, [{ dims }]) => {
    const [x, z] = [broadcast(input(call, 1), dims), broadcast(input(call, 2), dims)];
    return [broadcast(input(call, 0), dims).map((holds, i) => (holds === 0 ? z[i]! : x[i]!))];
  },
};
