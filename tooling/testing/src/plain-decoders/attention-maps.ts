/**
 * A Llama by plain loops in float64, from the weights in its file: what each query of each layer attends to. It knows of no graph, no
 * cache and no mapping: positions are a function of the pair.
 *
 *   s_ij = c_i R(p) q_i · R(k) k_j / sqrt(headDim)      P = softmax_j s_ij
 */
/** A checkpoint's config.json and the bytes of its model.safetensors. */
export type PlainModel = { readonly config: unknown; readonly weights: Uint8Array };

export type PairRule = {
  /** Where query i and key j are, or undefined where i does not see j. */
  readonly pair: (i: number, j: number) => readonly [query: number, key: number] | undefined;
  /** What a query's scores are multiplied by. */
  readonly scale?: (i: number) => number;
  readonly theta?: number;
};

type Config = Readonly<
  Record<
    "hidden_size" | "num_attention_heads" | "num_key_value_heads" | "rms_norm_eps" | "head_dim" | "rope_theta",
    number
  > & { readonly rope_parameters?: { readonly rope_theta: number } }
>;

/** Tensors of one file, all in float32. */
const readTensors = (bytes: Uint8Array): ((name: string) => Float32Array) => {
  const headerEnd = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, headerEnd))) as Readonly<
    Record<string, { readonly dtype: string; readonly data_offsets: readonly [number, number] }>
  >;
  return (name) => {
    const { dtype, data_offsets: at } = header[name]!;
    if (dtype !== "F32") throw new Error(`${name} must be F32, got ${dtype}`);
    return new Float32Array(bytes.slice(headerEnd + at[0], headerEnd + at[1]).buffer);
  };
};

type Rows = readonly Float64Array[];

/** x Wᵀ, W [out, in]. */
const product = (x: Rows, weight: Float32Array): Rows =>
  x.map((row) =>
    Float64Array.from({ length: weight.length / row.length }, (_, out) => {
      let sum = 0;
      for (let d = 0; d < row.length; d++) sum += row[d]! * weight[out * row.length + d]!;
      return sum;
    }),
  );

const norm = (x: Rows, weight: Float32Array, epsilon: number): Rows =>
  x.map((row) => {
    const mean = row.reduce((sum, value) => sum + value * value, 0) / row.length;
    return row.map((value, d) => (weight[d]! * value) / Math.sqrt(mean + epsilon));
  });

const added = (x: Rows, y: Rows): Rows => x.map((row, at) => row.map((value, d) => value + y[at]![d]!));

/** A head's vector turned to a position; dimensions d and d + headDim / 2 are a pair. */
const turned = (x: Float64Array, position: number, theta: number): Float64Array => {
  const half = x.length / 2;
  return x.map((value, d) => {
    const angle = position * theta ** (-(d % half) / half);
    return value * Math.cos(angle) + (d < half ? -x[d + half]! : x[d - half]!) * Math.sin(angle);
  });
};

/** Rows by their number and the position that they are turned to; each is turned once. */
const turning = (rows: Rows, theta: number): ((row: number, position: number) => Float64Array) => {
  const known = rows.map(() => new Map<number, Float64Array>());
  return (row, position) => {
    const found = known[row]!.get(position) ?? turned(rows[row]!, position, theta);
    known[row]!.set(position, found);
    return found;
  };
};

/** The weights of layers 0 and 1, by layer and head: [tokens, tokens], row by row. */
export const plainMaps = (
  model: PlainModel,
  ids: readonly number[],
  rule: PairRule,
): readonly (readonly Float64Array[])[] => {
  const config = model.config as Config;
  const { hidden_size: width, num_attention_heads: numHeads, num_key_value_heads: numKvHeads } = config;
  const headDim = config.head_dim ?? width / numHeads;
  const theta = rule.theta ?? config.rope_parameters?.rope_theta ?? config.rope_theta;
  const { rms_norm_eps: epsilon } = config;
  const tensor = readTensors(model.weights);
  const embeddings = tensor("model.embed_tokens.weight");
  let hidden: Rows = ids.map((id) => Float64Array.from(embeddings.subarray(id * width, (id + 1) * width)));
  return [0, 1].map((layer) => {
    const of = (name: string): Float32Array => tensor(`model.layers.${layer}.${name}.weight`);
    const normed = norm(hidden, of("input_layernorm"), epsilon);
    const [query, key, value] = ["q", "k", "v"].map((name) => product(normed, of(`self_attn.${name}_proj`)));
    const heads = (rows: Rows, head: number): Rows =>
      rows.map((row) => row.slice(head * headDim, (head + 1) * headDim));
    const attended: Rows = ids.map(() => new Float64Array(numHeads * headDim));
    const maps = Array.from({ length: numHeads }, (_, head) => {
      const kvHead = Math.floor((head * numKvHeads) / numHeads);
      const [q, k] = [heads(query!, head), heads(key!, kvHead)].map((rows) => turning(rows, theta));
      const v = heads(value!, kvHead);
      const map = new Float64Array(ids.length ** 2);
      for (let i = 0; i < ids.length; i++) {
        const row = map.subarray(i * ids.length, (i + 1) * ids.length);
        let total = 0;
        const scores = Array.from({ length: i + 1 }, (_, j) => {
          const places = rule.pair(i, j);
          if (places === undefined) return -Infinity;
          const [at, from] = [q!(i, places[0]), k!(j, places[1])];
          let dot = 0;
          for (let d = 0; d < headDim; d++) dot += at[d]! * from[d]!;
          return ((rule.scale?.(i) ?? 1) * dot) / Math.sqrt(headDim);
        });
        const most = Math.max(...scores);
        scores.forEach((score, j) => (total += row[j] = Math.exp(score - most)));
        for (let j = 0; j <= i; j++) {
          row[j]! /= total;
          for (let d = 0; d < headDim; d++) attended[i]![head * headDim + d]! += row[j]! * v[j]![d]!;
        }
      }
      return map;
    });
    hidden = added(hidden, product(attended, of("self_attn.o_proj")));
    const before = norm(hidden, of("post_attention_layernorm"), epsilon);
    const [gate, up] = [product(before, of("mlp.gate_proj")), product(before, of("mlp.up_proj"))];
    const gated = gate.map((row, at) => row.map((x, d) => (x / (1 + Math.exp(-x))) * up[at]![d]!));
    hidden = added(hidden, product(gated, of("mlp.down_proj")));
    return maps;
  });
};

/** -Σ p ln p of each row of maps [length, length], one behind the other. */
export const entropiesOf = (maps: readonly Float64Array[], length: number): readonly number[] =>
  maps.flatMap((map) =>
    Array.from({ length }, (_, i) =>
      map.subarray(i * length, (i + 1) * length).reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0),
    ),
  );
