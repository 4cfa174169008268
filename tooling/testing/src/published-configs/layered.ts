/** Configs of published models whose layers differ, with every key they have, as older and newer versions of transformers write them. */
import type { Json } from "../checkpoints/safetensors-file.ts";
import type { Published } from "./published.ts";

const shared = {
  attention_bias: false,
  attention_dropout: 0,
  bos_token_id: 2,
  eos_token_id: 1,
  head_dim: 256,
  hidden_activation: "gelu_pytorch_tanh",
  initializer_range: 0.02,
  pad_token_id: 0,
  rms_norm_eps: 1e-6,
  use_cache: true,
};

const gemma2 = {
  ...shared,
  architectures: ["Gemma2ForCausalLM"],
  attn_logit_softcapping: 50,
  cache_implementation: "hybrid",
  final_logit_softcapping: 30,
  hidden_act: "gelu_pytorch_tanh",
  hidden_size: 2304,
  intermediate_size: 9216,
  max_position_embeddings: 8192,
  model_type: "gemma2",
  num_attention_heads: 8,
  num_hidden_layers: 26,
  num_key_value_heads: 4,
  query_pre_attn_scalar: 256,
  rope_theta: 10_000,
  sliding_window: 4096,
  torch_dtype: "float32",
  transformers_version: "4.42.4",
  vocab_size: 256_000,
};

const gemma2Attention = (layers: number, scalar = 256) => [
  { layers: layers / 2, theta: 10_000, window: 4096, scalar, softcap: 50 },
  { layers: layers / 2, theta: 10_000, scalar, softcap: 50 },
];

const sizes9B = { hidden_size: 3584, intermediate_size: 14_336, num_attention_heads: 16, num_hidden_layers: 42 };
const sizes27B = { hidden_size: 4608, intermediate_size: 36_864, num_attention_heads: 32, num_hidden_layers: 46 };

const gemma3 = {
  ...shared,
  architectures: ["Gemma3ForCausalLM"],
  attn_logit_softcapping: null,
  cache_implementation: "hybrid",
  final_logit_softcapping: null,
  hidden_size: 1152,
  intermediate_size: 6912,
  max_position_embeddings: 32_768,
  model_type: "gemma3_text",
  num_attention_heads: 4,
  num_hidden_layers: 26,
  num_key_value_heads: 1,
  query_pre_attn_scalar: 256,
  rope_local_base_freq: 10_000,
  rope_scaling: null,
  rope_theta: 1_000_000,
  sliding_window: 512,
  sliding_window_pattern: 6,
  torch_dtype: "bfloat16",
  transformers_version: "4.50.0.dev0",
  vocab_size: 262_144,
};

const [sliding, full] = ["sliding_attention", "full_attention"];

const fiveOfSix = (layers: number): readonly string[] =>
  Array.from({ length: layers }, (_, layer) => ((layer + 1) % 6 === 0 ? full! : sliding!));

const gemma3Attention = (local: number, global: number) => [
  { layers: local, theta: 10_000, window: 512, scalar: 256 },
  { layers: global, theta: 1_000_000, scalar: 256 },
];

/** A config without some of its keys. */
const without = (config: Json, ...keys: readonly string[]): Json =>
  Object.fromEntries(Object.entries(config).filter(([key]) => !keys.includes(key)));

const gemma270M = {
  ...without(gemma3, "sliding_window_pattern", "cache_implementation"),
  ...{ _sliding_window_pattern: 6, layer_types: fiveOfSix(18), use_bidirectional_attention: false },
  ...{ hidden_size: 640, intermediate_size: 2048, num_hidden_layers: 18, transformers_version: "4.55.0.dev0" },
};

const smollm3 = {
  architectures: ["SmolLM3ForCausalLM"],
  attention_bias: false,
  attention_dropout: 0,
  bos_token_id: null,
  eos_token_id: 128_012,
  hidden_act: "silu",
  hidden_size: 2048,
  initializer_range: 0.02,
  intermediate_size: 11_008,
  layer_types: Array.from({ length: 36 }, () => full!),
  max_position_embeddings: 65_536,
  max_window_layers: 28,
  mlp_bias: false,
  model_type: "smollm3",
  no_rope_layer_interval: 4,
  no_rope_layers: Array.from({ length: 36 }, (_, layer) => ((layer + 1) % 4 === 0 ? 0 : 1)),
  num_attention_heads: 16,
  num_hidden_layers: 36,
  num_key_value_heads: 4,
  pad_token_id: 128_004,
  pretraining_tp: 2,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 5_000_000,
  sliding_window: null,
  torch_dtype: "bfloat16",
  transformers_version: "4.54.0.dev0",
  use_cache: false,
  use_sliding_window: false,
  vocab_size: 128_256,
};

const smollm3Attention = (theta: number) => [
  { layers: 27, theta },
  { layers: 9, theta: undefined },
];

const qwen2 = {
  architectures: ["Qwen2ForCausalLM"],
  attention_dropout: 0,
  bos_token_id: 151_643,
  eos_token_id: 151_643,
  hidden_act: "silu",
  hidden_size: 3584,
  initializer_range: 0.02,
  intermediate_size: 18_944,
  max_position_embeddings: 131_072,
  max_window_layers: 14,
  model_type: "qwen2",
  num_attention_heads: 28,
  num_hidden_layers: 28,
  num_key_value_heads: 4,
  rms_norm_eps: 1e-6,
  rope_theta: 1_000_000,
  sliding_window: 4096,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
  transformers_version: "4.37.2",
  use_cache: true,
  use_sliding_window: true,
  vocab_size: 152_064,
};

const halfOf28 = [
  { layers: 14, theta: 1_000_000 },
  { layers: 14, theta: 1_000_000, window: 4096 },
];

const halves = Array.from({ length: 28 }, (_, layer) => (layer < 14 ? full! : sliding!));

export const layered: Readonly<Record<string, Published>> = {
  "Gemma 2 2B": { config: gemma2, trainedContext: 8192, attention: gemma2Attention(26) },
  "Gemma 2 9B": {
    config: { ...gemma2, ...sizes9B, num_key_value_heads: 8, sliding_window_size: 4096 },
    trainedContext: 8192,
    attention: gemma2Attention(42),
  },
  "Gemma 2 27B": {
    config: {
      ...{ ...gemma2, ...sizes27B, num_key_value_heads: 16, sliding_window_size: 4096 },
      ...{ head_dim: 128, query_pre_attn_scalar: 144 },
    },
    trainedContext: 8192,
    attention: gemma2Attention(46, 144),
  },
  "Gemma 2 2B, what is by default left out": {
    config: without(
      gemma2,
      ...["attn_logit_softcapping", "final_logit_softcapping", "query_pre_attn_scalar", "sliding_window"],
      "rope_theta",
    ),
    trainedContext: 8192,
    attention: gemma2Attention(26),
  },
  "Gemma 2 2B, transformers 5": {
    config: {
      ...without(gemma2, "rope_theta", "torch_dtype", "cache_implementation", "hidden_act"),
      dtype: "float32",
      layer_types: Array.from({ length: 26 }, (_, layer) => (layer % 2 === 0 ? sliding! : full!)),
      rope_parameters: { rope_theta: 10_000, rope_type: "default" },
      tie_word_embeddings: true,
      transformers_version: "5.0.0",
      use_bidirectional_attention: null,
    },
    trainedContext: 8192,
    attention: gemma2Attention(26),
  },
  "Gemma 2 2B without bounds": {
    config: { ...gemma2, attn_logit_softcapping: null, final_logit_softcapping: null },
    trainedContext: 8192,
    attention: gemma2Attention(26).map((kind) => ({ ...kind, softcap: undefined })),
  },
  "Gemma 3 270M": { config: gemma270M, trainedContext: 32_768, attention: gemma3Attention(15, 3) },
  "Gemma 3 1B": { config: gemma3, trainedContext: 32_768, attention: gemma3Attention(22, 4) },
  "Gemma 3 1B, what is by default left out": {
    config: without(
      { ...gemma3, sliding_window: 512 },
      ...["sliding_window_pattern", "rope_theta", "rope_local_base_freq", "rope_scaling", "query_pre_attn_scalar"],
      ...["attn_logit_softcapping", "final_logit_softcapping"],
    ),
    trainedContext: 32_768,
    attention: gemma3Attention(22, 4),
  },
  "Gemma 3 1B with a linear scaling, as its larger kin": {
    config: { ...gemma3, rope_scaling: { factor: 8, rope_type: "linear" }, query_pre_attn_scalar: 168 },
    trainedContext: 32_768,
    attention: gemma3Attention(22, 4).map((kind) => ({ ...kind, scalar: 168 })),
  },
  "Gemma 3 1B, transformers 5": {
    config: {
      ...without(gemma3, "rope_theta", "rope_local_base_freq", "rope_scaling", "sliding_window_pattern", "torch_dtype"),
      _sliding_window_pattern: 6,
      dtype: "bfloat16",
      layer_types: fiveOfSix(26),
      rope_parameters: {
        full_attention: { rope_theta: 1_000_000, rope_type: "default" },
        sliding_attention: { rope_theta: 10_000, rope_type: "default" },
      },
      tie_word_embeddings: true,
      transformers_version: "5.0.0",
      use_bidirectional_attention: false,
    },
    trainedContext: 32_768,
    attention: gemma3Attention(22, 4),
  },
  "SmolLM3 3B": { config: smollm3, trainedContext: 65_536, attention: smollm3Attention(5_000_000) },
  "SmolLM3 3B base, what is by default left out": {
    config: {
      ...without(
        smollm3,
        "no_rope_layers",
        "no_rope_layer_interval",
        "layer_types",
        "rope_theta",
        "use_sliding_window",
      ),
      ...{ rope_scaling: null, tie_word_embeddings: true },
    },
    trainedContext: 65_536,
    attention: smollm3Attention(2_000_000),
  },
  "SmolLM3 3B, transformers 5": {
    config: {
      ...without(smollm3, "rope_theta", "rope_scaling", "torch_dtype"),
      dtype: "bfloat16",
      rope_parameters: { rope_theta: 5_000_000, rope_type: "default" },
      transformers_version: "5.0.0",
    },
    trainedContext: 65_536,
    attention: smollm3Attention(5_000_000),
  },
  "SmolLM3 3B whose layers without rotation slide": {
    config: { ...without(smollm3, "layer_types"), use_sliding_window: true, sliding_window: 4096 },
    trainedContext: 65_536,
    attention: [
      { layers: 27, theta: 5_000_000 },
      { layers: 9, theta: undefined, window: 4096 },
    ],
  },
  "Qwen2 7B, half of its layers sliding": { config: qwen2, trainedContext: 131_072, attention: halfOf28 },
  "Qwen2 7B, half of its layers sliding, transformers 5": {
    config: {
      ...without(qwen2, "rope_theta", "torch_dtype"),
      dtype: "bfloat16",
      layer_types: halves,
      rope_parameters: { rope_theta: 1_000_000, rope_type: "default" },
      transformers_version: "5.0.0",
    },
    trainedContext: 131_072,
    attention: halfOf28,
  },
  "Qwen2 7B, its sliding layers as a list alone": {
    config: { ...without(qwen2, "max_window_layers"), layer_types: halves },
    trainedContext: 131_072,
    attention: halfOf28,
  },
  "Qwen3 8B, half of its layers sliding": {
    config: {
      ...{ ...qwen2, architectures: ["Qwen3ForCausalLM"], model_type: "qwen3", attention_bias: false },
      ...{ head_dim: 128, hidden_size: 4096, intermediate_size: 12_288, num_attention_heads: 32 },
      ...{ num_key_value_heads: 8, num_hidden_layers: 36, max_position_embeddings: 40_960, max_window_layers: 18 },
      ...{ rope_scaling: null, vocab_size: 151_936 },
    },
    trainedContext: 40_960,
    attention: [
      { layers: 18, theta: 1_000_000 },
      { layers: 18, theta: 1_000_000, window: 4096 },
    ],
  },
};
