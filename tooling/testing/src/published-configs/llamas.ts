/** Configs of published Llamas and of models in their form, with every key they have. */
import type { Published } from "./published.ts";

const llama1 = {
  architectures: ["LlamaForCausalLM"],
  bos_token_id: 1,
  eos_token_id: 2,
  hidden_act: "silu",
  hidden_size: 4096,
  initializer_range: 0.02,
  intermediate_size: 11_008,
  model_type: "llama",
  num_attention_heads: 32,
  num_hidden_layers: 32,
  rms_norm_eps: 1e-6,
  tie_word_embeddings: false,
  torch_dtype: "float16",
  transformers_version: "4.30.0.dev0",
  use_cache: true,
  vocab_size: 32_000,
};

const llama2 = {
  ...llama1,
  _name_or_path: "meta-llama/Llama-2-7b-hf",
  max_position_embeddings: 4096,
  num_key_value_heads: 32,
  pretraining_tp: 1,
  rms_norm_eps: 1e-5,
  rope_scaling: null,
  transformers_version: "4.31.0.dev0",
};

const llama3 = {
  ...llama2,
  attention_bias: false,
  attention_dropout: 0,
  bos_token_id: 128_000,
  eos_token_id: 128_001,
  intermediate_size: 14_336,
  max_position_embeddings: 8192,
  num_key_value_heads: 8,
  rope_theta: 500_000,
  torch_dtype: "bfloat16",
  transformers_version: "4.40.0.dev0",
  vocab_size: 128_256,
};

const llama3Scaling = {
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
  rope_type: "llama3",
};

const llama31 = {
  ...llama3,
  eos_token_id: [128_001, 128_008, 128_009],
  max_position_embeddings: 131_072,
  mlp_bias: false,
  rope_scaling: llama3Scaling,
  transformers_version: "4.42.3",
};

const llama32 = {
  ...llama31,
  head_dim: 64,
  hidden_size: 2048,
  intermediate_size: 8192,
  num_hidden_layers: 16,
  rope_scaling: { ...llama3Scaling, factor: 32 },
  tie_word_embeddings: true,
  transformers_version: "4.45.0.dev0",
};

const yi = {
  ...llama2,
  _name_or_path: "01-ai/Yi-6B",
  num_key_value_heads: 4,
  pad_token_id: 0,
  rope_theta: 5_000_000,
  torch_dtype: "bfloat16",
  transformers_version: "4.34.0",
  vocab_size: 64_000,
};

const smolLm2 = {
  architectures: ["LlamaForCausalLM"],
  attention_bias: false,
  attention_dropout: 0,
  bos_token_id: 0,
  eos_token_id: 0,
  hidden_act: "silu",
  hidden_size: 576,
  initializer_range: 0.041_666_666_666_666_664,
  intermediate_size: 1536,
  is_llama_config: true,
  max_position_embeddings: 8192,
  mlp_bias: false,
  model_type: "llama",
  num_attention_heads: 9,
  num_hidden_layers: 30,
  num_key_value_heads: 3,
  pretraining_tp: 1,
  rms_norm_eps: 1e-5,
  rope_interleaved: false,
  rope_scaling: null,
  rope_theta: 100_000,
  tie_word_embeddings: true,
  torch_dtype: "bfloat16",
  transformers_version: "4.40.1",
  use_cache: true,
  vocab_size: 49_152,
};

/** In the form of transformers 5: the type of the weights is `dtype`, and all of the rotation is in rope_parameters. */
const { torch_dtype: dtype, rope_theta, rope_scaling, ...rest31 } = llama31;
const llama31Newer = {
  ...rest31,
  dtype,
  head_dim: 128,
  pad_token_id: null,
  rope_parameters: { ...rope_scaling, rope_theta },
  transformers_version: "5.0.0",
};

export const llamas: Readonly<Record<string, Published>> = {
  "Llama 1 7B, first conversion": {
    config: {
      ...llama1,
      architectures: ["LLaMAForCausalLM"],
      max_sequence_length: 2048,
      pad_token_id: 0,
      transformers_version: "4.27.0.dev0",
    },
    trainedContext: 2048,
  },
  "Llama 1 7B": {
    config: { ...llama1, max_position_embeddings: 2048, pad_token_id: 0 },
    trainedContext: 2048,
  },
  "Llama 2 7B": { config: llama2, trainedContext: 4096 },
  "Llama 2 70B": {
    config: {
      ...llama2,
      hidden_size: 8192,
      intermediate_size: 28_672,
      num_attention_heads: 64,
      num_hidden_layers: 80,
      num_key_value_heads: 8,
    },
    trainedContext: 4096,
  },
  "Llama 3 8B": { config: llama3, trainedContext: 8192 },
  "Llama 3.1 8B": { config: llama31, trainedContext: 131_072 },
  "Llama 3.1 8B, transformers 5": { config: llama31Newer, trainedContext: 131_072 },
  "Llama 3.2 1B": { config: llama32, trainedContext: 131_072 },
  "Llama 3.2 3B": {
    config: { ...llama32, head_dim: 128, hidden_size: 3072, num_attention_heads: 24, num_hidden_layers: 28 },
    trainedContext: 131_072,
  },
  "CodeLlama 7B": {
    config: { ...llama2, max_position_embeddings: 16_384, rope_theta: 1_000_000, vocab_size: 32_016 },
    trainedContext: 16_384,
  },
  "CodeLlama 34B": {
    config: {
      ...llama2,
      hidden_size: 8192,
      intermediate_size: 22_016,
      max_position_embeddings: 16_384,
      num_attention_heads: 64,
      num_hidden_layers: 48,
      num_key_value_heads: 8,
      rope_theta: 1_000_000,
    },
    trainedContext: 16_384,
  },
  "TinyLlama 1.1B chat": {
    config: {
      ...llama2,
      attention_bias: false,
      hidden_size: 2048,
      intermediate_size: 5632,
      max_position_embeddings: 2048,
      num_hidden_layers: 22,
      num_key_value_heads: 4,
      rope_theta: 10_000,
      torch_dtype: "bfloat16",
    },
    trainedContext: 2048,
  },
  "SmolLM2 135M": { config: smolLm2, trainedContext: 8192 },
  "SmolLM2 1.7B": {
    config: {
      ...smolLm2,
      hidden_size: 2048,
      intermediate_size: 8192,
      num_attention_heads: 32,
      num_hidden_layers: 24,
      num_key_value_heads: 32,
      rope_theta: 130_000,
    },
    trainedContext: 8192,
  },
  "Yi 6B": { config: yi, trainedContext: 4096 },
  "Yi 34B 200K": {
    config: {
      ...yi,
      hidden_size: 7168,
      intermediate_size: 20_480,
      max_position_embeddings: 200_000,
      num_attention_heads: 56,
      num_hidden_layers: 60,
      num_key_value_heads: 8,
      rope_theta: 10_000_000,
    },
    trainedContext: 200_000,
  },
  "Yi 1.5 9B": {
    config: { ...yi, attention_bias: false, mlp_bias: false, num_hidden_layers: 48, rms_norm_eps: 1e-6 },
    trainedContext: 4096,
  },
  "DeepSeek LLM 7B": {
    config: {
      ...llama2,
      attention_bias: false,
      bos_token_id: 100_000,
      eos_token_id: 100_001,
      num_hidden_layers: 30,
      rms_norm_eps: 1e-6,
      rope_theta: 10_000,
      vocab_size: 102_400,
    },
    trainedContext: 4096,
  },
  "DeepSeek Coder 6.7B": {
    config: {
      ...llama2,
      bos_token_id: 32_013,
      eos_token_id: 32_021,
      max_position_embeddings: 16_384,
      rms_norm_eps: 1e-6,
      rope_scaling: { factor: 4, type: "linear" },
      rope_theta: 100_000,
      vocab_size: 32_256,
    },
    trainedContext: 16_384,
  },
  "DeepSeek R1 distilled to Llama 8B": { config: { ...llama31, eos_token_id: 128_001 }, trainedContext: 131_072 },
  "Vicuna 7B v1.5": { config: { ...llama2, pad_token_id: 0 }, trainedContext: 4096 },
  "Vicuna 7B v1.5 16k": {
    config: {
      ...llama2,
      max_sequence_length: 16_384,
      pad_token_id: 0,
      rope_scaling: { factor: 4, type: "linear" },
    },
    trainedContext: 4096,
  },
  "SOLAR 10.7B": {
    config: {
      ...llama2,
      intermediate_size: 14_336,
      num_hidden_layers: 48,
      num_key_value_heads: 8,
      rope_theta: 10_000,
      transformers_version: "4.35.0",
    },
    trainedContext: 4096,
  },
};
