// The state of an evaluation: the values that nodes can read, and how many elements they have.

import type { NdArray } from "../arrays/nd-array.ts";
import type { Budget } from "./budget.ts";
import { fail } from "../fail.ts";
import type { NodeProto } from "../proto/onnx_pb.ts";

export type Scope = {
  readonly values: Map<string, NdArray>;
  /** How many elements each value that was computed in this graph has. */
  readonly made: Map<string, number>;
  /** How many computed elements are still kept, in this graph and around it. */
  alive: number;
  readonly budget: Budget;
};

/** Runs one node and puts its outputs into the scope. */
export type Run = (node: NodeProto, scope: Scope) => void;

/** A node as error messages name it. */
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
