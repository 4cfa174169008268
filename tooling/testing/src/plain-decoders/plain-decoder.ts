/**
 * Llama, Gemma 1 to 3, Mistral, Qwen2, Qwen3, SmolLM3, Phi and Phi-3 as plain loops in float64 on parsed configs: an oracle that shares nothing with what it
 * is compared with. Formulas are those of the papers; keys and their defaults are those of Hugging Face transformers.
 */
import type { Json } from "../checkpoints/safetensors-file.ts";

/** A row-major tensor [rows, columns]; a vector has one row. */
export type Matrix = { readonly rows: number; readonly columns: number; readonly data: Float64Array };

export type Weights = ReadonlyMap<string, Matrix>;

type Sizes = {
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly layers: number;
  readonly middle: number;
  readonly vocab: number;
};

const given = <T>(config: Json, key: string, otherwise: T): T => (config[key] ?? otherwise) as T;

const sizesOf = (config: Json): Sizes => {
  const hidden = config["hidden_size"] as number;
  const heads = config["num_attention_heads"] as number;
  return {
    hidden,
    heads,
    kvHeads: given(config, "num_key_value_heads", heads),
    headDim: given(config, "head_dim", hidden / heads),
    layers: config["num_hidden_layers"] as number,
    middle: config["intermediate_size"] as number,
    vocab: config["vocab_size"] as number,
  };
};

const isGemma = (config: Json): boolean => String(config["model_type"]).startsWith("gemma");

/** From Gemma 2 on, what attention and the feed-forward give is normed before it is added. */
const hasOutputNorms = (config: Json): boolean => isGemma(config) && config["model_type"] !== "gemma";

/** Every tensor that a checkpoint of this config holds, and its shape. */
export const shapesOf = (config: Json): Readonly<Record<string, readonly number[]>> => {
  const { hidden, heads, kvHeads, headDim, layers, middle, vocab } = sizesOf(config);
  const type = config["model_type"] as string;
  const [q, k] = [heads * headDim, kvHeads * headDim];
  const shapes: Record<string, readonly number[]> = { "model.embed_tokens.weight": [vocab, hidden] };
  const put = (name: string, shape: readonly number[], bias = false): void => {
    shapes[`${name}.weight`] = shape;
    if (bias) shapes[`${name}.bias`] = [shape[0]!];
  };
  for (let layer = 0; layer < layers; layer++) {
    const at = `model.layers.${layer}`;
    const [attention, mlp] = [`${at}.self_attn`, `${at}.mlp`];
    put(`${at}.input_layernorm`, [hidden], type === "phi");
    if (type === "phi3") {
      put(`${attention}.qkv_proj`, [q + 2 * k, hidden]);
      put(`${attention}.o_proj`, [hidden, q]);
      put(`${mlp}.gate_up_proj`, [2 * middle, hidden]);
      put(`${mlp}.down_proj`, [hidden, middle]);
    } else {
      const bias = type === "phi" || type === "qwen2";
      put(`${attention}.q_proj`, [q, hidden], bias);
      put(`${attention}.k_proj`, [k, hidden], bias);
      put(`${attention}.v_proj`, [k, hidden], bias);
      if (type === "qwen3" || type === "gemma3_text")
        for (const side of ["q", "k"]) put(`${attention}.${side}_norm`, [headDim]);
      if (type === "phi") {
        put(`${attention}.dense`, [hidden, q], true);
        put(`${mlp}.fc1`, [middle, hidden], true);
        put(`${mlp}.fc2`, [hidden, middle], true);
      } else {
        put(`${attention}.o_proj`, [hidden, q]);
        put(`${mlp}.gate_proj`, [middle, hidden]);
        put(`${mlp}.up_proj`, [middle, hidden]);
        put(`${mlp}.down_proj`, [hidden, middle]);
      }
    }
    if (type !== "phi") put(`${at}.post_attention_layernorm`, [hidden]);
    if (hasOutputNorms(config))
      for (const name of ["pre", "post"]) put(`${at}.${name}_feedforward_layernorm`, [hidden]);
  }
  put(type === "phi" ? "model.final_layernorm" : "model.norm", [hidden], type === "phi");
  if (!given(config, "tie_word_embeddings", isGemma(config) || type === "smollm3"))
    put("lm_head", [vocab, hidden], type === "phi");
  return shapes;
};

/** y = x Wᵀ + b, a row at a time. */
const project = (weights: Weights, name: string, x: readonly Float64Array[]): Float64Array[] => {
  const { rows, columns, data } = weights.get(`${name}.weight`)!;
  const bias = weights.get(`${name}.bias`)?.data;
  return x.map((row) =>
    Float64Array.from({ length: rows }, (_, out) => {
      let sum = bias?.[out] ?? 0;
      for (let inner = 0; inner < columns; inner++) sum += data[out * columns + inner]! * row[inner]!;
      return sum;
    }),
  );
};

/** Llama's norm by the root of the mean square, Gemma's by that and weights above 1, or Phi's by mean and variance. */
const normalize = (config: Json, weights: Weights, name: string, x: readonly Float64Array[]): Float64Array[] => {
  const stored = weights.get(`${name}.weight`)!.data;
  const weight = isGemma(config) ? stored.map((value) => 1 + value) : stored;
  const bias = weights.get(`${name}.bias`)?.data;
  return x.map((row) => {
    const mean = bias === undefined ? 0 : row.reduce((sum, value) => sum + value, 0) / row.length;
    const square = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
    const epsilon = config[bias === undefined ? "rms_norm_eps" : "layer_norm_eps"] as number;
    return row.map((value, at) => ((value - mean) / Math.sqrt(square + epsilon)) * weight[at]! + (bias?.[at] ?? 0));
  });
};

const add = (a: readonly Float64Array[], b: readonly Float64Array[]): Float64Array[] =>
  a.map((row, token) => row.map((value, at) => value + b[token]![at]!));

const silu = (x: number): number => x / (1 + Math.exp(-x));
const geluNew = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044_715 * x ** 3)));

type Rotation = { readonly frequencies: readonly number[]; readonly scale: number };

/** The angle a token's pairs turn by, and what cosine and sine are multiplied by. */
const rotationOf = (config: Json, headDim: number, length: number): Rotation => {
  const stated = given<Json>(config, "rope_parameters", given<Json>(config, "rope_scaling", {}));
  const phi = config["model_type"] === "phi" ? 0.5 : 1;
  const part = given(config, "partial_rotary_factor", given(stated, "partial_rotary_factor", phi));
  const dim = Math.floor(headDim * part);
  const theta = given(
    config,
    "rope_theta",
    given(stated, "rope_theta", config["model_type"] === "smollm3" ? 2_000_000 : 10_000),
  );
  const plain = Array.from({ length: dim / 2 }, (_, pair) => theta ** ((-2 * pair) / dim));
  const longest = given(config, "max_position_embeddings", 2048);
  const original = given(
    config,
    "original_max_position_embeddings",
    given(stated, "original_max_position_embeddings", longest),
  );
  const factor = given(stated, "factor", longest / original);
  const named = given<string>(stated, "rope_type", given<string>(stated, "type", "default"));
  const type = config["model_type"] === "phi3" && (named === "su" || named === "yarn") ? "longrope" : named;
  if (type === "default") return { frequencies: plain, scale: 1 };
  if (type === "linear") return { frequencies: plain.map((f) => f / factor), scale: 1 };
  if (type === "longrope") {
    const list = stated[length > original ? "long_factor" : "short_factor"] as readonly number[];
    const scale = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
    return { frequencies: plain.map((f, pair) => f / list[pair]!), scale };
  }
  if (type === "yarn") {
    const pairOf = (turns: number) => (dim * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
    const low = Math.max(Math.floor(pairOf(given(stated, "beta_fast", 32))), 0);
    const high = Math.min(Math.ceil(pairOf(given(stated, "beta_slow", 1))), dim - 1);
    const frequencies = plain.map((f, pair) => {
      const ramp = Math.min(1, Math.max(0, (pair - low) / (high === low ? 0.001 : high - low)));
      return (f / factor) * ramp + f * (1 - ramp);
    });
    return { frequencies, scale: 0.1 * Math.log(factor) + 1 };
  }
  if (type === "llama3") {
    const [low, high] = [stated["low_freq_factor"] as number, stated["high_freq_factor"] as number];
    const frequencies = plain.map((f) => {
      const turns = (original * f) / (2 * Math.PI);
      if (turns < low) return f / factor;
      if (turns > high) return f;
      const smooth = (turns - low) / (high - low);
      return ((1 - smooth) * f) / factor + smooth * f;
    });
    return { frequencies, scale: 1 };
  }
  throw new Error(`the oracle knows no ${type}`);
};

/** Pair j is dimension j with j + rotating / 2; what does not rotate stays. */
const turn = ({ frequencies, scale }: Rotation, position: number, head: Float64Array): Float64Array => {
  const half = frequencies.length;
  const turned = head.slice();
  for (let pair = 0; pair < half; pair++) {
    const angle = position * frequencies[pair]!;
    const [cos, sin] = [scale * Math.cos(angle), scale * Math.sin(angle)];
    turned[pair] = head[pair]! * cos - head[pair + half]! * sin;
    turned[pair + half] = head[pair + half]! * cos + head[pair]! * sin;
  }
  return turned;
};

/** Whether the layer is one of those that may slide, as the config lists them or by its family's rule. */
const isLocal = (config: Json, layer: number): boolean => {
  const types = config["layer_types"] as readonly string[] | null | undefined;
  if (types) return types[layer] === "sliding_attention";
  const rules: Readonly<Record<string, () => boolean>> = {
    gemma2: () => layer % 2 === 0,
    gemma3_text: () => (layer + 1) % given(config, "sliding_window_pattern", 6) !== 0,
    smollm3: () => !isTurned(config, layer),
    mistral: () => true,
    phi3: () => true,
    qwen2: () => layer >= given(config, "max_window_layers", 28),
    qwen3: () => layer >= given(config, "max_window_layers", 28),
  };
  return rules[config["model_type"] as string]?.() ?? false;
};

/** How many keys back a query of the layer sees, itself included. */
const windowOf = (config: Json, layer: number): number => {
  const type = config["model_type"] as string;
  const byDefault = ["mistral", "gemma2", "gemma3_text"].includes(type) ? 4096 : null;
  const window = config["sliding_window"] === undefined ? byDefault : (config["sliding_window"] as number | null);
  const asks = type.startsWith("qwen") || type === "smollm3";
  const isOn = !asks || given(config, "use_sliding_window", false);
  return isOn && isLocal(config, layer) ? (window ?? Infinity) : Infinity;
};

/** Whether the layer turns its queries and keys. */
const isTurned = (config: Json, layer: number): boolean => {
  if (config["model_type"] !== "smollm3") return true;
  const list = config["no_rope_layers"] as readonly number[] | null | undefined;
  return list ? list[layer] === 1 : (layer + 1) % given(config, "no_rope_layer_interval", 4) !== 0;
};

/** The config as one layer's rotation reads it: Gemma 3 has two. */
const rotationConfig = (config: Json, layer: number): Json => {
  if (config["model_type"] !== "gemma3_text") return config;
  const {
    rope_parameters: newer,
    rope_scaling: older,
    rope_theta: theta,
    rope_local_base_freq: local,
    ...rest
  } = config;
  const ropes = newer as Readonly<Record<string, Json>> | null | undefined;
  return isLocal(config, layer)
    ? { ...rest, rope_theta: ropes?.["sliding_attention"]?.["rope_theta"] ?? local ?? 10_000 }
    : {
        ...rest,
        rope_parameters: ropes?.["full_attention"] ?? older,
        rope_theta: ropes?.["full_attention"]?.["rope_theta"] ?? theta ?? 1_000_000,
      };
};

/** What makes a score of a product of query and key. */
const scoreOf = (config: Json, headDim: number): ((product: number) => number) => {
  if (!hasOutputNorms(config)) return (product) => product / Math.sqrt(headDim);
  const scale = given(config, "query_pre_attn_scalar", 256) ** -0.5;
  const bound = boundOf(config, "attn_logit_softcapping", 50);
  return (product) => bound(product * scale);
};

/** c tanh(x / c), where the config has such a c. Gemma 2 has one where it says nothing. */
const boundOf = (config: Json, key: string, ofGemma2: number): ((x: number) => number) => {
  const byDefault = config["model_type"] === "gemma2" ? ofGemma2 : null;
  const c = config[key] === undefined ? byDefault : (config[key] as number | null);
  return (x) => (c === null ? x : c * Math.tanh(x / c));
};

/** A Qwen3's or a Gemma 3's norm of each head. */
const byHead = (config: Json, weights: Weights, name: string, rows: readonly Float64Array[]): Float64Array[] => {
  const { headDim } = sizesOf(config);
  return rows.map((row) => {
    const heads = Array.from({ length: row.length / headDim }, (_, head) =>
      row.subarray(head * headDim, (head + 1) * headDim),
    );
    return Float64Array.from(normalize(config, weights, name, heads).flatMap((head) => [...head]));
  });
};

type Projected = Readonly<Record<"query" | "key" | "value", readonly Float64Array[]>>;

const attend = (config: Json, layer: number, { query, key, value }: Projected): Float64Array[] => {
  const { heads, kvHeads, headDim } = sizesOf(config);
  const rotation = rotationOf(rotationConfig(config, layer), headDim, query.length);
  const scored = scoreOf(config, headDim);
  const head = (rows: readonly Float64Array[], token: number, index: number): Float64Array =>
    rows[token]!.subarray(index * headDim, (index + 1) * headDim);
  const turned = (rows: readonly Float64Array[], count: number): Float64Array[][] =>
    rows.map((_, token) =>
      Array.from({ length: count }, (__, index) => {
        const own = head(rows, token, index);
        return isTurned(config, layer) ? turn(rotation, token, own) : own;
      }),
    );
  const [queries, keys] = [turned(query, heads), turned(key, kvHeads)];
  const window = windowOf(config, layer);
  return query.map((_, token) => {
    const row = new Float64Array(heads * headDim);
    for (let index = 0; index < heads; index++) {
      const shared = Math.floor(index / (heads / kvHeads));
      const first = Math.max(0, token - window + 1);
      const scores: number[] = [];
      for (let past = first; past <= token; past++) {
        let dot = 0;
        for (let d = 0; d < headDim; d++) dot += queries[token]![index]![d]! * keys[past]![shared]![d]!;
        scores.push(scored(dot));
      }
      const most = Math.max(...scores);
      const shares = scores.map((score) => Math.exp(score - most));
      const sum = shares.reduce((total, share) => total + share, 0);
      for (const [at, share] of shares.entries())
        for (let d = 0; d < headDim; d++)
          row[index * headDim + d]! += (share / sum) * head(value, first + at, shared)[d]!;
    }
    return row;
  });
};

/** Columns `from` to `to` of each row. */
const columns = (rows: readonly Float64Array[], from: number, to: number): Float64Array[] =>
  rows.map((row) => row.subarray(from, to));

const gated = (config: Json, gate: readonly Float64Array[], up: readonly Float64Array[]): Float64Array[] => {
  const activation = isGemma(config) ? geluNew : silu;
  return gate.map((row, token) => row.map((value, at) => activation(value) * up[token]![at]!));
};

const layerOf = (config: Json, weights: Weights, layer: number, x: readonly Float64Array[]): Float64Array[] => {
  const at = `model.layers.${layer}`;
  const type = config["model_type"] as string;
  const { heads, kvHeads, headDim, middle } = sizesOf(config);
  const [q, k] = [heads * headDim, kvHeads * headDim];
  const of = (name: string, rows: readonly Float64Array[]) => project(weights, `${at}.${name}`, rows);
  const normed = normalize(config, weights, `${at}.input_layernorm`, x);
  const fused = type === "phi3" ? of("self_attn.qkv_proj", normed) : undefined;
  const projected: Projected = fused
    ? { query: columns(fused, 0, q), key: columns(fused, q, q + k), value: columns(fused, q + k, q + 2 * k) }
    : {
        query: of("self_attn.q_proj", normed),
        key: of("self_attn.k_proj", normed),
        value: of("self_attn.v_proj", normed),
      };
  const { query, key, value } = projected;
  const attended = attend(
    config,
    layer,
    type === "qwen3" || type === "gemma3_text"
      ? {
          query: byHead(config, weights, `${at}.self_attn.q_norm`, query),
          key: byHead(config, weights, `${at}.self_attn.k_norm`, key),
          value,
        }
      : projected,
  );
  if (type === "phi") {
    const fed = of(
      "mlp.fc2",
      of("mlp.fc1", normed).map((row) => row.map(geluNew)),
    );
    return add(x, add(of("self_attn.dense", attended), fed));
  }
  const output = of("self_attn.o_proj", attended);
  const normedAgain = (name: string, rows: readonly Float64Array[]) =>
    normalize(config, weights, `${at}.${name}_layernorm`, rows);
  const outer = hasOutputNorms(config);
  const h = add(x, outer ? normedAgain("post_attention", output) : output);
  const again = normedAgain(outer ? "pre_feedforward" : "post_attention", h);
  const both = type === "phi3" ? of("mlp.gate_up_proj", again) : undefined;
  const fed = both
    ? gated(config, columns(both, 0, middle), columns(both, middle, 2 * middle))
    : gated(config, of("mlp.gate_proj", again), of("mlp.up_proj", again));
  const down = of("mlp.down_proj", fed);
  return add(h, outer ? normedAgain("post_feedforward", down) : down);
};

/** Logits [vocab] of every token. A head that is stored is used, whatever ties it; an embedding that is not is the head. */
export const plainLogits = (config: Json, weights: Weights, ids: readonly number[]): readonly Float64Array[] => {
  const { hidden, layers } = sizesOf(config);
  const [embedding, head] = [weights.get("model.embed_tokens.weight"), weights.get("lm_head.weight")];
  const table = (embedding ?? head)!.data;
  const scale = isGemma(config) ? Math.sqrt(hidden) : 1;
  const embedded = (id: number) => table.slice(id * hidden, (id + 1) * hidden).map((value) => scale * value);
  let x: readonly Float64Array[] = ids.map(embedded);
  for (let layer = 0; layer < layers; layer++) x = layerOf(config, weights, layer, x);
  const last = config["model_type"] === "phi" ? "model.final_layernorm" : "model.norm";
  const tied = new Map(weights).set("lm_head.weight", (head ?? embedding)!);
  const bound = hasOutputNorms(config) ? boundOf(config, "final_logit_softcapping", 30) : (logit: number) => logit;
  return project(tied, "lm_head", normalize(config, weights, last, x)).map((row) => row.map(bound));
};
