/** Configs of published Qwen3s, with every key they have. */
import type { Published } from "./published.ts";

const qwen3 = {
  architectures: ["Qwen3ForCausalLM"],
  attention_bias: false,
  attention_dropout: 0,
  bos_token_id: 151_643,
  eos_token_id: 151_645,
  head_dim: 128,
  hidden_act: "silu",
  hidden_size: 4096,
  initializer_range: 0.02,
  intermediate_size: 12_288,
  max_position_embeddings: 40_960,
  max_window_layers: 36,
  model_type: "qwen3",
  num_attention_heads: 32,
  num_hidden_layers: 36,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 1_000_000,
  sliding_window: null,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
  transformers_version: "4.51.0",
  use_cache: true,
  use_sliding_window: false,
  vocab_size: 151_936,
};

const { rope_theta: theta, rope_scaling: _, torch_dtype: type, ...rest } = qwen3;

export const qwen3s: Readonly<Record<string, Published>> = {
  "Qwen3 0.6B": {
    config: {
      ...qwen3,
      hidden_size: 1024,
      intermediate_size: 3072,
      max_window_layers: 28,
      num_attention_heads: 16,
      num_hidden_layers: 28,
      tie_word_embeddings: true,
    },
    trainedContext: 40_960,
  },
  "Qwen3 4B instruct 2507": {
    config: {
      ...qwen3,
      hidden_size: 2560,
      intermediate_size: 9728,
      max_position_embeddings: 262_144,
      rope_theta: 5_000_000,
      tie_word_embeddings: true,
    },
    trainedContext: 262_144,
  },
  "Qwen3 8B": { config: qwen3, trainedContext: 40_960 },
  "Qwen3 8B with YaRN": {
    config: {
      ...qwen3,
      max_position_embeddings: 131_072,
      rope_scaling: { factor: 4, original_max_position_embeddings: 32_768, rope_type: "yarn" },
    },
    trainedContext: 131_072,
  },
  "Qwen3 8B, transformers 5": {
    config: {
      ...rest,
      dtype: type,
      layer_types: Array.from({ length: 36 }, () => "full_attention"),
      pad_token_id: null,
      rope_parameters: { rope_theta: theta, rope_type: "default" },
      transformers_version: "5.0.0",
    },
    trainedContext: 40_960,
  },
};
