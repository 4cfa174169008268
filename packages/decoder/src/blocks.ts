/**
 * The parts that families are put together from. Each records a few operators; weights are named by the checkpoint.
 *
 *   embedding  E[ids]
 *   linear     x Wᵀ + b                        W is [out, in], as checkpoints store it
 *   rmsNorm    w x / sqrt(mean(x²) + ε)        Zhang and Sennrich, arXiv 1910.07467, equation 4
 *   gated      (σ(x Gᵀ) ⊙ x Uᵀ) Dᵀ             Shazeer, arXiv 2002.05202, equation 5
 */
import type { Value } from "@ropewalk/graph";
import type { Builder } from "./decoder.ts";

/** Token ids [seqLen] to rows of the embedding [seqLen, hiddenDim]. */
export const embedding = ({ tape, weight }: Builder, config: { readonly weight: string }, ids: Value): Value =>
  tape.op("Gather", [weight(config.weight), ids], { axis: 0 });

/**
 * x [rows, in] to [rows, out].
 *
 * The transpose of a stored weight is folded when the session loads: the fastest form for one row and for many alike,
 * at the price of a copy in memory.
 */
export const linear = (
  { tape, weight }: Builder,
  config: { readonly weight: string; readonly bias?: string },
  x: Value,
): Value => {
  const product = tape.op("MatMul", [x, tape.op("Transpose", [weight(config.weight)], { perm: [1, 0] })]);
  return config.bias === undefined ? product : tape.op("Add", [product, weight(config.bias)]);
};

/** Root mean square norm over the last axis. */
export const rmsNorm = (
  { tape, weight }: Builder,
  config: { readonly weight: string; readonly epsilon: number },
  x: Value,
): Value =>
  tape.op("SimplifiedLayerNormalization", [x, weight(config.weight)], {
    axis: -1,
    epsilon: { float: config.epsilon },
  });

/** An activation records itself: x to σ(x), elementwise. */
export type Activation = (builder: Builder, x: Value) => Value;

/** x sigmoid(x), known as SiLU and Swish. */
export const silu: Activation = ({ tape }, x) => tape.op("Mul", [x, tape.op("Sigmoid", [x])]);

/** The gated feed-forward of Llama and its kin, [rows, hiddenDim] to the same shape. */
export const gatedFeedForward = (
  builder: Builder,
  config: {
    readonly gate: Parameters<typeof linear>[1];
    readonly up: Parameters<typeof linear>[1];
    readonly down: Parameters<typeof linear>[1];
    readonly activation: Activation;
  },
  x: Value,
): Value => {
  const gate = config.activation(builder, linear(builder, config.gate, x));
  return linear(builder, config.down, builder.tape.op("Mul", [gate, linear(builder, config.up, x)]));
};
