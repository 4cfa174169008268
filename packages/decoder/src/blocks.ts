/**
 * The parts that families are put together from. Each records a few operators; weights are named by the checkpoint.
 *
 *   embedding  E[ids]
 *   linear     x Wᵀ + b                              W is [out, in], as checkpoints store it
 *   rmsNorm    w x / sqrt(mean(x²) + ε)              Zhang and Sennrich, arXiv 1910.07467, equation 4
 *   layerNorm  w (x - mean(x)) / sqrt(var(x) + ε) + b    Ba et al., arXiv 1607.06450, equation 3
 *   gated      (σ(x Gᵀ) ⊙ x Uᵀ) Dᵀ                   Shazeer, arXiv 2002.05202, equation 5
 */
import { checkConfig, checkFinite, checkFunction, type Keys } from "@ropewalk/check";
import type { Value } from "@ropewalk/graph";
import type { Activation } from "./activations.ts";
import type { Builder } from "./decoder.ts";

/** A tensor by name, with its bias where there is one. */
export type Named = { readonly weight: string; readonly bias?: string };

const named: Keys<Named> = { weight: true, bias: true };

/** Token ids [seqLen] to rows of the embedding [seqLen, hiddenDim]. */
export const embedding = ({ tape, weights }: Builder, config: Pick<Named, "weight">, ids: Value): Value => {
  checkConfig("embedding", config, { weight: true });
  return weights.rows(tape, config.weight, ids);
};

/** x [rows, in] to [rows, out]. */
export const linear = ({ tape, weights }: Builder, config: Named, x: Value): Value => {
  checkConfig("linear", config, named);
  const product = weights.product(tape, config.weight, x);
  return config.bias === undefined ? product : tape.op("Add", [product, weights.tensor(tape, config.bias)]);
};

/** The columns of x [rows, sum of sizes], cut into stretches of these sizes: what a fused projection gives. */
export const splitColumns = ({ tape }: Builder, sizes: readonly number[], x: Value): readonly Value[] =>
  tape.ops("Split", sizes.length, [x, tape.constant("int64", [sizes.length], sizes)], { axis: -1 });

/** Root mean square norm over the last axis. */
export const rmsNorm = (
  { tape, weights }: Builder,
  config: Pick<Named, "weight"> & { readonly epsilon: number },
  x: Value,
): Value => {
  checkConfig("rmsNorm", config, { weight: true, epsilon: checkFinite });
  return tape.op("SimplifiedLayerNormalization", [x, weights.tensor(tape, config.weight)], {
    axis: -1,
    epsilon: { float: config.epsilon },
  });
};

/** Norm by mean and variance over the last axis. */
export const layerNorm = (
  { tape, weights }: Builder,
  config: Named & { readonly epsilon: number },
  x: Value,
): Value => {
  checkConfig("layerNorm", config, { ...named, epsilon: checkFinite });
  const bias = config.bias === undefined ? undefined : weights.tensor(tape, config.bias);
  return tape.op("LayerNormalization", [x, weights.tensor(tape, config.weight), bias], {
    axis: -1,
    epsilon: { float: config.epsilon },
  });
};

/** The gated feed-forward of Llama and its kin, [rows, hiddenDim] to the same shape. */
export const gatedFeedForward = (
  builder: Builder,
  config: { readonly gate: Named; readonly up: Named; readonly down: Named; readonly activation: Activation },
  x: Value,
): Value => {
  checkConfig("gatedFeedForward", config, { gate: true, up: true, down: true, activation: checkFunction });
  const gate = config.activation(builder, linear(builder, config.gate, x));
  return linear(builder, config.down, builder.tape.op("Mul", [gate, linear(builder, config.up, x)]));
};
