/**
 * A Llama and its loss written for jax-js, from the formulas: what the project's gradients are held against and timed beside. It
 * shares nothing with the project's own graphs.
 *
 *   h   = x + attention(norm(x)) Woᵀ            norm(x) = w x / √(mean(x²) + ε)
 *   x'  = h + (silu(norm(h) Gᵀ) norm(h) Uᵀ) Dᵀ
 *   L   = mean over the labels that are not masked of -ln softmax(norm(x) Eᵀ)[label]
 *
 * Touvron et al., arXiv 2302.13971. An array that a jax-js function is given is used up: `.ref` keeps it for another use.
 */
import { nn, numpy as np } from "@jax-js/jax";
import { attention, type Attention } from "./attention.ts";

export type JaxLlama = Attention & {
  readonly numLayers: number;
  readonly epsilon: number;
};

/** By the checkpoint's names. */
export type JaxWeights = Readonly<Record<string, np.Array>>;

/**
 * Tokens [rows], one sequence behind the other, and for each [rows, 1] what it is to foretell, and what its loss counts: 0 where
 * nothing is learned. Everything but attention works on rows: jax-js compiles no gradient of a look-up whose rows are reshaped.
 */
export type JaxTokens = { readonly ids: np.Array; readonly targets: np.Array; readonly counts: np.Array };

const rmsNorm = (x: np.Array, weight: np.Array, epsilon: number): np.Array => {
  const meanSquare = np.mean(np.square(x.ref), -1, { keepdims: true });
  return x.mul(np.reciprocal(np.sqrt(meanSquare.add(epsilon)))).mul(weight);
};

/** x Wᵀ */
const linear = (x: np.Array, weight: np.Array): np.Array => np.matmul(x, np.transpose(weight));

/** The loss as a function of the weights, for `grad`; `numbers` are those of `attentionNumbers`. */
export const jaxLoss =
  (llama: JaxLlama, seqLen: number) =>
  (weights: JaxWeights, numbers: Readonly<Record<string, np.Array>>, { ids, targets, counts }: JaxTokens): np.Array => {
    const { numLayers, numHeads, numKvHeads, headDim, epsilon } = llama;
    const heads = (x: np.Array, count: number): np.Array => x.reshape([-1, seqLen, count, headDim]);
    const embedding = weights["model.embed_tokens.weight"]!;
    const head = weights["lm_head.weight"] ?? embedding.ref;
    let x = np.take(embedding, ids, 0);
    for (let layer = 0; layer < numLayers; layer++) {
      const weight = (name: string): np.Array => weights[`model.layers.${layer}.${name}.weight`]!;
      const normed = rmsNorm(x.ref, weight("input_layernorm"), epsilon);
      const attended = attention(llama, numbers, layer, {
        query: heads(linear(normed.ref, weight("self_attn.q_proj")), numHeads),
        key: heads(linear(normed.ref, weight("self_attn.k_proj")), numKvHeads),
        value: heads(linear(normed, weight("self_attn.v_proj")), numKvHeads),
      });
      const rows = attended.reshape([-1, numHeads * headDim]);
      x = x.add(linear(rows, weight("self_attn.o_proj")));
      const middle = rmsNorm(x.ref, weight("post_attention_layernorm"), epsilon);
      const gate = nn.silu(linear(middle.ref, weight("mlp.gate_proj")));
      x = x.add(linear(gate.mul(linear(middle, weight("mlp.up_proj"))), weight("mlp.down_proj")));
    }
    for (const table of Object.values(numbers)) table.dispose();
    const logits = linear(rmsNorm(x, weights["model.norm.weight"]!, epsilon), head);
    return np.takeAlongAxis(nn.logSoftmax(logits, -1), targets, -1).mul(counts).sum().mul(-1);
  };
