/** Weights as inputs of a graph. */
import type { Tape, Value } from "@ropewalk/graph";
import type { Decoder } from "../decoder.ts";
import { denseWeights, type StoredWeights } from "../layers/stored-weights.ts";

/**
 * Every tensor as an input of its name. A Gemm, which reads a matrix by its rows, would need no transpose. But it sums in another order,
 * and `npm run train:passkey` would no longer give the shipped weights.
 */
export const weightInputs = (tape: Tape, { tensors }: Decoder): StoredWeights => {
  const parameters = new Map<string, Value>();
  return denseWeights((_, name) => {
    const value = parameters.get(name) ?? tape.input(name, "float32", tensors[name]!);
    parameters.set(name, value);
    return value;
  });
};
