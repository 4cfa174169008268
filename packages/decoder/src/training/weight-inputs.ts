/** Weights that are fed. */
import type { Tape, Value } from "@ropewalk/graph";
import type { Decoder } from "../decoder.ts";
import { denseWeights, type StoredWeights } from "../stored-weights.ts";

/** Every tensor as an input of its name. */
export const weightInputs = (tape: Tape, { tensors }: Decoder): StoredWeights => {
  const parameters = new Map<string, Value>();
  const tensor = (_: Tape, name: string): Value => {
    const value = parameters.get(name) ?? tape.input(name, "float32", tensors[name]!);
    parameters.set(name, value);
    return value;
  };
  return {
    ...denseWeights(tensor),
    // No load can fold the transpose of what is fed; here the product itself reads a matrix by its rows.
    product: (scope, name, x) => scope.op("Gemm", [x, tensor(scope, name)], { transB: 1 }),
  };
};
