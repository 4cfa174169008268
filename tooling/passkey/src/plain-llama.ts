/**
 * A Llama in plain loops and float64, for reference logits. It shares no code with the packages. Each pair of tokens is scored by itself,
 * with its relative position r:
 *
 *   r = i - j                            i - j < W, or without SelfExtend
 *       ⌊i/G⌋ - ⌊j/G⌋ + W - ⌊W/G⌋        else             arXiv 2401.01325, equation 4
 *   s = t Σₚ Re(qₚ k̄ₚ e^{i r θₚ}) / √d    qₚ, kₚ: elements p and p + d/2 as one complex number; θₚ = θ^(-2p/d)
 *   t = max(1, ln(i + 1) / ln(c)), or 1 without log-n
 */
import { readFileSync } from "node:fs";

export type PlainMethod = {
  readonly groupSize: number | null;
  readonly window: number | null;
  readonly logNContext: number | null;
};

export type PlainLlama = {
  readonly config: Readonly<Record<string, number>>;
  readonly weights: Readonly<Record<string, Float64Array>>;
};

/** Reads a folder's config.json and its model.safetensors, whose tensors must be float32. */
export const readPlainLlama = (folder: URL): PlainLlama => {
  const bytes = readFileSync(new URL("model.safetensors", folder));
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, start).toString()) as Record<
    string,
    { readonly data_offsets: readonly [number, number] }
  >;
  const weights: Record<string, Float64Array> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [from, to] = entry.data_offsets;
    weights[name] = Float64Array.from({ length: (to - from) / 4 }, (_, at) => bytes.readFloatLE(start + from + 4 * at));
  }
  const config = JSON.parse(readFileSync(new URL("config.json", folder), "utf8")) as Record<string, number>;
  return { config, weights };
};

/** W x, W [out, in]. */
const times = (matrix: Float64Array, x: Float64Array): Float64Array => {
  const out = new Float64Array(matrix.length / x.length);
  for (let row = 0; row < out.length; row++) {
    let sum = 0;
    for (let at = 0; at < x.length; at++) sum += matrix[row * x.length + at]! * x[at]!;
    out[row] = sum;
  }
  return out;
};

const normed = (weight: Float64Array, x: Float64Array, epsilon: number): Float64Array => {
  const mean = x.reduce((sum, value) => sum + value * value, 0) / x.length;
  return x.map((value, at) => (value * weight[at]!) / Math.sqrt(mean + epsilon));
};

const relativePosition = ({ groupSize: G, window: W }: PlainMethod, i: number, j: number): number =>
  G === null || W === null || i - j < W ? i - j : Math.floor(i / G) - Math.floor(j / G) + W - Math.floor(W / G);

/** Logits of each token. */
export const plainLogits = (
  { config, weights }: PlainLlama,
  method: PlainMethod,
  ids: readonly number[],
): readonly Float64Array[] => {
  const { hidden_size, num_attention_heads, num_hidden_layers, rms_norm_eps, rope_theta } = config as Record<
    "hidden_size" | "num_attention_heads" | "num_hidden_layers" | "rms_norm_eps" | "rope_theta",
    number
  >;
  const d = hidden_size / num_attention_heads;
  const half = d / 2;
  const weight = (layer: number, name: string): Float64Array => weights[`model.layers.${layer}.${name}.weight`]!;
  const turns = ids.map((_, r) =>
    Array.from({ length: half }, (__, p) => {
      const angle = r * rope_theta ** ((-2 * p) / d);
      return [Math.cos(angle), Math.sin(angle)] as const;
    }),
  );

  const attended = (q: Float64Array[], k: Float64Array[], v: Float64Array[], i: number): Float64Array => {
    const out = new Float64Array(hidden_size);
    const t = method.logNContext === null ? 1 : Math.max(1, Math.log(i + 1) / Math.log(method.logNContext));
    for (let head = 0; head < num_attention_heads; head++) {
      const scores = Array.from({ length: i + 1 }, (_, j) => {
        const turn = turns[relativePosition(method, i, j)]!;
        let sum = 0;
        for (let p = 0; p < half; p++) {
          const [a, b] = [q[i]![head * d + p]!, q[i]![head * d + p + half]!];
          const [x, y] = [k[j]![head * d + p]!, k[j]![head * d + p + half]!];
          const [cos, sin] = turn[p]!;
          sum += (a * x + b * y) * cos - (b * x - a * y) * sin;
        }
        return (t * sum) / Math.sqrt(d);
      });
      const largest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
      const shares = scores.map((score) => Math.exp(score - largest));
      const all = shares.reduce((sum, share) => sum + share, 0);
      for (let j = 0; j <= i; j++)
        for (let at = head * d; at < (head + 1) * d; at++) out[at]! += (shares[j]! / all) * v[j]![at]!;
    }
    return out;
  };

  const embedding = weights["model.embed_tokens.weight"]!;
  let rows = ids.map((id) => embedding.slice(id * hidden_size, (id + 1) * hidden_size));
  for (let layer = 0; layer < num_hidden_layers; layer++) {
    const inputs = rows.map((row) => normed(weight(layer, "input_layernorm"), row, rms_norm_eps));
    const [q, k, v] = ["q", "k", "v"].map((name) =>
      inputs.map((row) => times(weight(layer, `self_attn.${name}_proj`), row)),
    ) as [Float64Array[], Float64Array[], Float64Array[]];
    rows = rows.map((row, i) => {
      const add = times(weight(layer, "self_attn.o_proj"), attended(q, k, v, i));
      const middle = row.map((value, at) => value + add[at]!);
      const x = normed(weight(layer, "post_attention_layernorm"), middle, rms_norm_eps);
      const up = times(weight(layer, "mlp.up_proj"), x);
      const gated = times(weight(layer, "mlp.gate_proj"), x).map((g, at) => (g / (1 + Math.exp(-g))) * up[at]!);
      const fed = times(weight(layer, "mlp.down_proj"), gated);
      return middle.map((value, at) => value + fed[at]!);
    });
  }
  return rows.map((row) => times(weights["lm_head.weight"]!, normed(weights["model.norm.weight"]!, row, rms_norm_eps)));
};
