// Values while a graph is run: those that a node can read, and how many elements were computed for them.

import type { NdArray } from "../arrays/nd-array.ts";
import type { Budget } from "./budget.ts";
import { fail } from "../fail.ts";
import type { NodeProto } from "../proto/onnx_pb.ts";

export type Scope = {
  readonly values: Map<string, NdArray>;
  /** Elements of the values that were computed here, by name. */
  readonly made: Map<string, number>;
  /** Elements that were computed and are still there, also around this graph. */
  alive: number;
  readonly budget: Budget;
};

/** Runs one node: its outputs are in the scope then. */
export type Run = (node: NodeProto, scope: Scope) => void;

/** A node in messages. */
export const labelOf = ({ opType, name }: NodeProto): string => `${opType} "${name}"`;

export const give = (scope: Scope, name: string, array: NdArray): void => {
  scope.values.set(name, array);
  scope.made.set(name, array.data.length);
  scope.alive += array.data.length;
};

export const inputsOf = (node: NodeProto, { values }: Scope): readonly (NdArray | undefined)[] =>
  node.input.map((value) =>
    value === ""
      ? undefined
      : (values.get(value) ??
        fail(`evaluate: ${labelOf(node)} must have inputs that are computed before it, got "${value}"`)),
  );
