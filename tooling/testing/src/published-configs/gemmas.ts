/** Configs of published Gemmas, with every key they have. */
import type { Published } from "./published.ts";

const gemma = {
  architectures: ["GemmaForCausalLM"],
  attention_bias: false,
  attention_dropout: 0,
  bos_token_id: 2,
  eos_token_id: 1,
  head_dim: 256,
  hidden_act: "gelu",
  hidden_size: 2048,
  initializer_range: 0.02,
  intermediate_size: 16_384,
  max_position_embeddings: 8192,
  model_type: "gemma",
  num_attention_heads: 8,
  num_hidden_layers: 18,
  num_key_value_heads: 1,
  pad_token_id: 0,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 10_000,
  torch_dtype: "bfloat16",
  transformers_version: "4.38.0.dev0",
  use_cache: true,
  vocab_size: 256_000,
};

const sizes7B = {
  hidden_size: 3072,
  intermediate_size: 24_576,
  num_attention_heads: 16,
  num_hidden_layers: 28,
  num_key_value_heads: 16,
};

const tanh = { hidden_act: "gelu_pytorch_tanh", hidden_activation: "gelu_pytorch_tanh" };

const { rope_theta: theta, rope_scaling: _, torch_dtype: type, ...rest } = gemma;

export const gemmas: Readonly<Record<string, Published>> = {
  "Gemma 2B": { config: gemma, trainedContext: 8192 },
  "Gemma 7B": { config: { ...gemma, ...sizes7B }, trainedContext: 8192 },
  "Gemma 1.1 2B instruct": { config: { ...gemma, ...tanh }, trainedContext: 8192 },
  "Gemma 7B, its activation under one key": {
    config: { ...gemma, ...sizes7B, hidden_act: null, hidden_activation: "gelu_pytorch_tanh" },
    trainedContext: 8192,
  },
  "Gemma 2B, transformers 5": {
    config: {
      ...rest,
      dtype: type,
      hidden_act: "gelu_pytorch_tanh",
      rope_parameters: { rope_theta: theta, rope_type: "default" },
      tie_word_embeddings: true,
      transformers_version: "5.0.0",
      use_bidirectional_attention: null,
    },
    trainedContext: 8192,
  },
};
