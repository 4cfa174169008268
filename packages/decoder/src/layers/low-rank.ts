/**
 * Adapters: low-rank matrices whose product is added to that of an unchanged weight (LoRA),
 *
 *   y = x Wᵀ + (x D) U          D [in, rank], U [rank, out]
 *
 * with D = Aᵀ and U = s Bᵀ for a scale s. Hu et al., arXiv 2106.09685, equation 3. W may be stored in any form, also in blocks.
 */
import type { Tape, Value } from "@ropewalk/graph";
import type { StoredWeights } from "./stored-weights.ts";

/** Both matrices of an adapter, row-major. */
export type LowRank = {
  readonly rank: number;
  /** D [in, rank]. */
  readonly down: Float32Array;
  /** U [rank, out]. */
  readonly up: Float32Array;
};

export type LowRankValues = { readonly down: Value; readonly up: Value };

/**
 * Weights whose products include their adapters. Each matrix is multiplied by itself.
 *
 * @param find - the adapter of a matrix; undefined if it has none
 */
export const withLowRank = (
  weights: StoredWeights,
  find: (tape: Tape, name: string) => LowRankValues | undefined,
): StoredWeights => ({
  ...weights,
  product: (tape, name, x) => {
    const product = weights.product(tape, name, x);
    const adapter = find(tape, name);
    if (adapter === undefined) return product;
    const narrow = tape.op("MatMul", [x, adapter.down]);
    return tape.op("Add", [product, tape.op("MatMul", [narrow, adapter.up])]);
  },
  joinedProduct: () => undefined,
});

/** The adapter of a matrix [out, in], as constants in the graph itself: it is small, and may come from another place than the weights. */
export const constantLowRank = (
  tape: Tape,
  name: string,
  [out, inner]: readonly number[],
  { rank, down, up }: LowRank,
): LowRankValues => ({
  down: tape.constant("float32", [inner!, rank], down, `${name}.lora_down`),
  up: tape.constant("float32", [rank, out!], up, `${name}.lora_up`),
});
