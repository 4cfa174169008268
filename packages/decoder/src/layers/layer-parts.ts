/**
 * The parts of which families are made. Each records a few operators; weights have the checkpoint's names.
 *
 *   embedding  E[ids]
 *   linear     x Wᵀ + b                              W is [out, in], as checkpoints store it
 *   rmsNorm    w x / sqrt(mean(x²) + ε)              Zhang and Sennrich, arXiv 1910.07467, equation 4
 *              (1 + w) x / sqrt(mean(x²) + ε)        where weights are centered on zero
 *   layerNorm  w (x - mean(x)) / sqrt(var(x) + ε) + b    Ba et al., arXiv 1607.06450, equation 3
 *   softcap    c tanh(x / c)                         Gemma Team, arXiv 2408.00118, section 2
 *   gated      (σ(x Gᵀ) ⊙ x Uᵀ) Dᵀ                   Shazeer, arXiv 2002.05202, equation 5
 */
import { emitSoftcap } from "@ropewalk/attention-merge/onnx";
import type { Value } from "@ropewalk/graph";
import type { Activation } from "./activations.ts";
import type { Builder } from "../decoder.ts";

/** The name of a weight, and of its bias if it has one. */
export type Named = { readonly weight: string; readonly bias?: string };

/** Token ids [seqLen] to rows of the embedding [seqLen, hiddenDim]. */
export const embedding = ({ tape, weights }: Builder, config: Named, ids: Value): Value =>
  weights.rows(tape, config.weight, ids);

/** x [rows, in] to [rows, out]. */
export const linear = ({ tape, weights }: Builder, config: Named, x: Value): Value => {
  const product = weights.product(tape, config.weight, x);
  return config.bias === undefined ? product : tape.op("Add", [product, weights.tensor(tape, config.bias)]);
};

/** The columns of x [rows, sum of sizes], split into parts of these sizes: for the result of a fused projection. */
export const splitColumns = ({ tape }: Builder, sizes: readonly number[], x: Value): readonly Value[] =>
  tape.ops("Split", sizes.length, [x, tape.constant("int64", [sizes.length], sizes)], { axis: -1 });

type Norm = Named & { readonly epsilon: number };

const rmsNormBy = ({ tape }: Builder, weight: Value, epsilon: number, x: Value): Value =>
  tape.op("SimplifiedLayerNormalization", [x, weight], { axis: -1, epsilon: { float: epsilon } });

/** Root mean square norm over the last axis. */
export const rmsNorm = (builder: Builder, config: Norm, x: Value): Value =>
  rmsNormBy(builder, builder.weights.tensor(builder.tape, config.weight), config.epsilon, x);

/** Root mean square norm with the factor 1 + w, for checkpoints that store weights centered on zero. */
export const zeroCenteredRmsNorm = (builder: Builder, config: Norm, x: Value): Value => {
  const { tape, weights } = builder;
  const weight = tape.op("Add", [weights.tensor(tape, config.weight), tape.constant("float32", [1], [1])]);
  return rmsNormBy(builder, weight, config.epsilon, x);
};

/** Norm by mean and variance over the last axis. */
export const layerNorm = ({ tape, weights }: Builder, config: Norm, x: Value): Value =>
  tape.op(
    "LayerNormalization",
    [x, weights.tensor(tape, config.weight), config.bias === undefined ? undefined : weights.tensor(tape, config.bias)],
    { axis: -1, epsilon: { float: config.epsilon } },
  );

/** The gated feed-forward of Llama and similar families, [rows, hiddenDim] to the same shape. */
export const gatedFeedForward = (
  builder: Builder,
  config: { readonly gate: Named; readonly up: Named; readonly down: Named; readonly activation: Activation },
  x: Value,
): Value => {
  const gate = config.activation(builder, linear(builder, config.gate, x));
  return linear(builder, config.down, builder.tape.op("Mul", [gate, linear(builder, config.up, x)]));
};

/** Numbers that stay between -c and c. */
export const softcapped = ({ tape }: Builder, softcap: number | undefined, x: Value): Value =>
  emitSoftcap(tape, softcap, x);
