/** Weights that are fed. */
import type { Tape, Value } from "@ropewalk/graph";
import type { Decoder } from "../decoder.ts";
import { denseWeights, type StoredWeights } from "../layers/stored-weights.ts";

/**
 * Every tensor as an input of its name. A product by Gemm, which reads a matrix by its rows, would save the transpose; it sums in another
 * order, in which `npm run train:passkey` no longer gives the weights that are shipped.
 */
export const weightInputs = (tape: Tape, { tensors }: Decoder): StoredWeights => {
  const parameters = new Map<string, Value>();
  return denseWeights((_, name) => {
    const value = parameters.get(name) ?? tape.input(name, "float32", tensors[name]!);
    parameters.set(name, value);
    return value;
  });
};
