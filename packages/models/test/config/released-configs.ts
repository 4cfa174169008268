/** Configs of released checkpoints, as far as they are read, and how many parameters each checkpoint has. */
import type { Json } from "@ropewalk/testing/checkpoints/safetensors-file";

/** What Llama 2 7B and Vicuna share. */
const llama2: Json = {
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  hidden_act: "silu",
  hidden_size: 4096,
  intermediate_size: 11_008,
  max_position_embeddings: 4096,
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 32,
  pretraining_tp: 1,
  rms_norm_eps: 1e-5,
  rope_scaling: null,
  tie_word_embeddings: false,
  torch_dtype: "float16",
  vocab_size: 32_000,
};

const llama31: Json = {
  ...llama2,
  attention_bias: false,
  bos_token_id: 128_000,
  eos_token_id: [128_001, 128_008, 128_009],
  intermediate_size: 14_336,
  max_position_embeddings: 131_072,
  mlp_bias: false,
  num_key_value_heads: 8,
  rope_scaling: {
    factor: 8.0,
    low_freq_factor: 1.0,
    high_freq_factor: 4.0,
    original_max_position_embeddings: 8192,
    rope_type: "llama3",
  },
  rope_theta: 500_000.0,
  torch_dtype: "bfloat16",
  vocab_size: 128_256,
};

const gemma2B: Json = {
  architectures: ["GemmaForCausalLM"],
  model_type: "gemma",
  attention_bias: false,
  head_dim: 256,
  hidden_act: "gelu",
  hidden_size: 2048,
  intermediate_size: 16_384,
  max_position_embeddings: 8192,
  num_attention_heads: 8,
  num_hidden_layers: 18,
  num_key_value_heads: 1,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 10_000.0,
  torch_dtype: "bfloat16",
  vocab_size: 256_000,
};

const mistralV1: Json = {
  architectures: ["MistralForCausalLM"],
  hidden_act: "silu",
  hidden_size: 4096,
  intermediate_size: 14_336,
  max_position_embeddings: 32_768,
  model_type: "mistral",
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000.0,
  sliding_window: 4096,
  tie_word_embeddings: false,
  vocab_size: 32_000,
};

const phi2: Json = {
  architectures: ["PhiForCausalLM"],
  hidden_act: "gelu_new",
  hidden_size: 2560,
  intermediate_size: 10_240,
  layer_norm_eps: 1e-5,
  max_position_embeddings: 2048,
  model_type: "phi",
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 32,
  partial_rotary_factor: 0.4,
  qk_layernorm: false,
  rope_scaling: null,
  rope_theta: 10_000.0,
  tie_word_embeddings: false,
  vocab_size: 51_200,
};

const phi3Mini: Json = {
  architectures: ["Phi3ForCausalLM"],
  hidden_act: "silu",
  hidden_size: 3072,
  intermediate_size: 8192,
  max_position_embeddings: 4096,
  model_type: "phi3",
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 32,
  original_max_position_embeddings: 4096,
  rms_norm_eps: 1e-5,
  rope_scaling: null,
  rope_theta: 10_000.0,
  sliding_window: 2047,
  tie_word_embeddings: false,
  vocab_size: 32_064,
};

/** One for each pair of Phi-3's 96 dimensions. */
export const shortFactor: readonly number[] = Array.from({ length: 48 }, (_, pair) => 1 + pair / 48);
export const longFactor: readonly number[] = Array.from({ length: 48 }, (_, pair) => 1 + pair);

const qwen2: Json = {
  architectures: ["Qwen2ForCausalLM"],
  hidden_act: "silu",
  hidden_size: 896,
  intermediate_size: 4864,
  max_position_embeddings: 131_072,
  max_window_layers: 24,
  model_type: "qwen2",
  num_attention_heads: 14,
  num_hidden_layers: 24,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  rope_theta: 1_000_000.0,
  sliding_window: 131_072,
  tie_word_embeddings: true,
  use_sliding_window: false,
  vocab_size: 151_936,
};

const qwen3: Json = {
  architectures: ["Qwen3ForCausalLM"],
  attention_bias: false,
  head_dim: 128,
  hidden_act: "silu",
  hidden_size: 1024,
  intermediate_size: 3072,
  max_position_embeddings: 40_960,
  max_window_layers: 28,
  model_type: "qwen3",
  num_attention_heads: 16,
  num_hidden_layers: 28,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 1_000_000.0,
  sliding_window: null,
  tie_word_embeddings: true,
  use_sliding_window: false,
  vocab_size: 151_936,
};

/** What of a decoder a config decides, and the sum of its tensors' sizes. */
export type Released = { readonly config: Json; readonly parameters: number; readonly decoder: Json };

const plain = { kind: "default" };

export const released: Readonly<Record<string, Released>> = {
  "Llama 2 7B": {
    config: llama2,
    parameters: 6_738_415_616,
    decoder: { headDim: 128, trainedContext: 4096, rope: { theta: 10_000, rotaryDim: 128, scaling: plain } },
  },
  "Vicuna 7B v1.5 16k": {
    config: { ...llama2, rope_scaling: { factor: 4.0, type: "linear" } },
    parameters: 6_738_415_616,
    decoder: { trainedContext: 4096, rope: { theta: 10_000, scaling: { kind: "linear", factor: 4 } } },
  },
  "Llama 3.1 8B": {
    config: llama31,
    parameters: 8_030_261_248,
    decoder: {
      numKvHeads: 8,
      trainedContext: 131_072,
      rope: {
        theta: 500_000,
        scaling: { kind: "llama3", factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalContext: 8192 },
      },
    },
  },
  "Llama 3.2 1B": {
    config: {
      ...llama31,
      head_dim: 64,
      hidden_size: 2048,
      intermediate_size: 8192,
      num_hidden_layers: 16,
      rope_scaling: { ...(llama31["rope_scaling"] as Json), factor: 32.0 },
      tie_word_embeddings: true,
    },
    parameters: 1_235_814_400,
    decoder: { headDim: 64, unembedding: "model.embed_tokens.weight" },
  },
  "TinyLlama 1.1B": {
    config: {
      ...llama2,
      hidden_size: 2048,
      intermediate_size: 5632,
      max_position_embeddings: 2048,
      num_hidden_layers: 22,
      num_key_value_heads: 4,
    },
    parameters: 1_100_048_384,
    decoder: { headDim: 64, numKvHeads: 4, trainedContext: 2048 },
  },
  "SmolLM 135M": {
    config: {
      ...llama2,
      hidden_size: 576,
      intermediate_size: 1536,
      max_position_embeddings: 2048,
      num_attention_heads: 9,
      num_hidden_layers: 30,
      num_key_value_heads: 3,
      tie_word_embeddings: true,
      vocab_size: 49_152,
    },
    parameters: 134_515_008,
    decoder: { headDim: 64, unembedding: "model.embed_tokens.weight" },
  },
  "SOLAR 10.7B": {
    config: { ...llama2, intermediate_size: 14_336, num_hidden_layers: 48, num_key_value_heads: 8 },
    parameters: 10_731_524_096,
    decoder: { numLayers: 48, trainedContext: 4096 },
  },
  "Gemma 2B": {
    config: gemma2B,
    parameters: 2_506_172_416,
    decoder: { headDim: 256, numKvHeads: 1, trainedContext: 8192, unembedding: "model.embed_tokens.weight" },
  },
  "Gemma 7B": {
    config: {
      ...gemma2B,
      hidden_size: 3072,
      intermediate_size: 24_576,
      num_attention_heads: 16,
      num_hidden_layers: 28,
      num_key_value_heads: 16,
    },
    parameters: 8_537_680_896,
    decoder: { headDim: 256, rope: { theta: 10_000, rotaryDim: 256, scaling: plain } },
  },
  "Mistral 7B v0.1": {
    config: mistralV1,
    parameters: 7_241_732_096,
    decoder: { slidingWindow: 4096, trainedContext: 4096, rope: { theta: 10_000 } },
  },
  "Mistral 7B v0.2": {
    config: { ...mistralV1, rope_theta: 1_000_000.0, sliding_window: null },
    parameters: 7_241_732_096,
    decoder: { slidingWindow: undefined, trainedContext: 32_768, rope: { theta: 1_000_000 } },
  },
  "Phi-1.5": {
    config: {
      ...phi2,
      hidden_size: 2048,
      intermediate_size: 8192,
      num_hidden_layers: 24,
      num_key_value_heads: null,
      partial_rotary_factor: 0.5,
    },
    parameters: 1_418_270_720,
    decoder: { headDim: 64, numKvHeads: 32, rope: { rotaryDim: 32 } },
  },
  "Phi-2": {
    config: phi2,
    parameters: 2_779_683_840,
    decoder: { headDim: 80, trainedContext: 2048, rope: { rotaryDim: 32 }, slidingWindow: undefined },
  },
  "Phi-3 mini 4k": {
    config: phi3Mini,
    parameters: 3_821_079_552,
    decoder: { headDim: 96, slidingWindow: 2047, trainedContext: 2047, rope: { rotaryDim: 96, scaling: plain } },
  },
  "Phi-3.5 mini": {
    config: {
      ...phi3Mini,
      max_position_embeddings: 131_072,
      rope_scaling: { long_factor: longFactor, short_factor: shortFactor, type: "longrope" },
      sliding_window: 262_144,
    },
    parameters: 3_821_079_552,
    decoder: {
      slidingWindow: undefined,
      trainedContext: 131_072,
      rope: { scaling: { kind: "longrope", shortFactor, longFactor, factor: 32, originalContext: 4096 } },
    },
  },
  "Qwen2 0.5B": {
    config: qwen2,
    parameters: 494_032_768,
    decoder: { headDim: 64, slidingWindow: undefined, unembedding: "model.embed_tokens.weight" },
  },
  "Qwen3 0.6B": {
    config: qwen3,
    parameters: 596_049_920,
    decoder: { headDim: 128, slidingWindow: undefined, unembedding: "model.embed_tokens.weight" },
  },
  "Qwen3 8B": {
    config: {
      ...qwen3,
      hidden_size: 4096,
      intermediate_size: 12_288,
      max_window_layers: 36,
      num_attention_heads: 32,
      num_hidden_layers: 36,
      tie_word_embeddings: false,
    },
    parameters: 8_190_735_360,
    decoder: { headDim: 128, trainedContext: 40_960, rope: { theta: 1_000_000, rotaryDim: 128 } },
  },
};
