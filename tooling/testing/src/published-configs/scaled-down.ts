/** A published config made small, so that a checkpoint of random weights can be made for it. */
import type { Json } from "../checkpoints/safetensors-file.ts";

/** As many as it takes to have one of each. */
const layersFor = (config: Json): number => ({ gemma3_text: 6, smollm3: 4 })[config["model_type"] as string] ?? 2;

const headDim = 16;
const vocabSize = 64;

/** How much shorter the windows are. */
const shorter = 64;

/** Every n-th of a list, so that as many are left. */
const thinned = <T>(list: readonly T[], left: number): readonly T[] =>
  Array.from({ length: left }, (_, at) => list[Math.floor((at * list.length) / left)]!);

const windowKeys = new Set(
  ["max_position_embeddings", "original_max_position_embeddings", "sliding_window", "sliding_window_size"].concat([
    "chunk_size",
    "local_size",
  ]),
);

const scaledInner = (inner: Json, rotating: number): Json =>
  Object.fromEntries(
    Object.entries(inner).map(([key, value]) => {
      if (windowKeys.has(key)) return [key, Math.floor((value as number) / shorter)];
      return [key, Array.isArray(value) ? thinned(value as number[], rotating / 2) : value];
    }),
  );

/** A config with every key that it has: a few layers, heads of 16, windows a 64th as long. */
export const scaledDown = (config: Json): Json => {
  const of = (key: string) => config[key] as number;
  const [heads, kvHeads] = [
    of("num_attention_heads"),
    (config["num_key_value_heads"] as number | null) ?? of("num_attention_heads"),
  ];
  const share = heads / kvHeads;
  const layers = layersFor(config);
  /** What stands for each layer: Qwen says from which on, the others take turns. */
  const byLayer = <T>(key: string): readonly T[] | undefined => {
    const list = config[key] as readonly T[] | undefined;
    return String(config["model_type"]).startsWith("qwen") ? list && thinned(list, layers) : list?.slice(0, layers);
  };
  const small = { kv: share === 1 ? 4 : 2, heads: share === 1 ? 4 : 2 * share };
  const ropeParameters = config["rope_parameters"] as Json | undefined;
  const part = (config["partial_rotary_factor"] ??
    ropeParameters?.["partial_rotary_factor"] ??
    (config["model_type"] === "phi" ? 0.5 : 1)) as number;
  const rotating = Math.floor(headDim * part);
  const widthOfHeads = ((config["head_dim"] as number | undefined) ?? of("hidden_size") / heads) * heads;
  const changes: Json = {
    hidden_size: (headDim * small.heads * of("hidden_size")) / widthOfHeads,
    intermediate_size: 48,
    num_attention_heads: small.heads,
    num_hidden_layers: layers,
    num_key_value_heads: config["num_key_value_heads"] === null ? null : small.kv,
    head_dim: headDim,
    vocab_size: vocabSize,
    max_window_layers: Math.round((layers * ((config["max_window_layers"] as number) ?? 0)) / of("num_hidden_layers")),
    layer_types: byLayer<string>("layer_types"),
    no_rope_layers: byLayer<number>("no_rope_layers"),
  };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => {
      if (key in changes) return [key, changes[key]];
      if (windowKeys.has(key)) return [key, value === null ? null : Math.floor((value as number) / shorter)];
      if (key.endsWith("_token_id"))
        return [
          key,
          Array.isArray(value)
            ? value.map((id: number) => id % vocabSize)
            : value === null
              ? null
              : (value as number) % vocabSize,
        ];
      const isInner = typeof value === "object" && value !== null && !Array.isArray(value) && key !== "auto_map";
      return [key, isInner ? scaledInner(value as Json, rotating) : value];
    }),
  );
};
