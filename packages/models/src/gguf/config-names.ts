/** What a GGUF file calls the keys of the config.json that it amounts to: errors of a family name the file, and a key or a tensor that it has. */
import type { ConfigNames } from "../config/config-object.ts";
import type { ArchitectureKeys } from "./keys.ts";

/** The file's key by that of config.json. Of two, the first that the file states. */
const keysOfFile: Readonly<Record<string, readonly string[]>> = {
  vocab_size: ["vocab_size"],
  hidden_size: ["embedding_length"],
  intermediate_size: ["feed_forward_length"],
  num_hidden_layers: ["block_count"],
  num_attention_heads: ["attention.head_count"],
  num_key_value_heads: ["attention.head_count_kv"],
  head_dim: ["attention.key_length"],
  max_position_embeddings: ["context_length"],
  rms_norm_eps: ["attention.layer_norm_rms_epsilon"],
  layer_norm_eps: ["attention.layer_norm_epsilon"],
  rope_theta: ["rope.freq_base"],
  rope_local_base_freq: ["rope.freq_base_swa"],
  partial_rotary_factor: ["rope.dimension_count"],
  rope_type: ["rope.scaling.type"],
  factor: ["rope.scaling.factor", "rope.scale_linear"],
  attention_factor: ["rope.scaling.attn_factor", "rope.scaling.yarn_attn_factor"],
  beta_fast: ["rope.scaling.yarn_beta_fast"],
  beta_slow: ["rope.scaling.yarn_beta_slow"],
  original_max_position_embeddings: ["rope.scaling.original_context_length"],
  sliding_window: ["attention.sliding_window"],
  sliding_window_pattern: ["attention.sliding_window_pattern"],
  layer_types: ["attention.sliding_window_pattern"],
  attn_logit_softcapping: ["attn_logit_softcapping"],
  final_logit_softcapping: ["final_logit_softcapping"],
};

/** Numbers that are tensors of the file. */
const tensorsOfFile: Readonly<Record<string, string>> = {
  low_freq_factor: "rope_freqs.weight",
  high_freq_factor: "rope_freqs.weight",
  short_factor: "rope_factors_short.weight",
  long_factor: "rope_factors_long.weight",
};

export const configNames = ({ at, nameOf, states }: ArchitectureKeys): ConfigNames => ({
  at,
  nameOf: (key) => {
    if (Object.hasOwn(tensorsOfFile, key)) return tensorsOfFile[key]!;
    const names = Object.hasOwn(keysOfFile, key) ? keysOfFile[key]! : [];
    const name = names.find(states) ?? names[0];
    return name === undefined ? key : nameOf(name);
  },
});
