/** Configs of published Mistrals, Phis and Qwens, with every key they have. */
import type { Published } from "./published.ts";

const mistral = {
  architectures: ["MistralForCausalLM"],
  bos_token_id: 1,
  eos_token_id: 2,
  hidden_act: "silu",
  hidden_size: 4096,
  initializer_range: 0.02,
  intermediate_size: 14_336,
  max_position_embeddings: 32_768,
  model_type: "mistral",
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  sliding_window: 4096,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
  transformers_version: "4.34.0.dev0",
  use_cache: true,
  vocab_size: 32_000,
};

const { rope_theta: mistralTheta, torch_dtype: mistralType, ...mistralRest } = mistral;

const phi2 = {
  architectures: ["PhiForCausalLM"],
  attention_dropout: 0,
  bos_token_id: 50_256,
  embd_pdrop: 0,
  eos_token_id: 50_256,
  hidden_act: "gelu_new",
  hidden_size: 2560,
  initializer_range: 0.02,
  intermediate_size: 10_240,
  layer_norm_eps: 1e-5,
  max_position_embeddings: 2048,
  model_type: "phi",
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 32,
  partial_rotary_factor: 0.4,
  qk_layernorm: false,
  resid_pdrop: 0.1,
  rope_scaling: null,
  rope_theta: 10_000,
  tie_word_embeddings: false,
  torch_dtype: "float16",
  transformers_version: "4.37.0",
  use_cache: true,
  vocab_size: 51_200,
};

const {
  rope_theta: phiTheta,
  torch_dtype: phiType,
  rope_scaling: _,
  partial_rotary_factor: phiShare,
  ...phiRest
} = phi2;

const phi3 = {
  _name_or_path: "Phi-3-mini-4k-instruct",
  architectures: ["Phi3ForCausalLM"],
  attention_bias: false,
  attention_dropout: 0,
  auto_map: { AutoConfig: "configuration_phi3.Phi3Config", AutoModelForCausalLM: "modeling_phi3.Phi3ForCausalLM" },
  bos_token_id: 1,
  embd_pdrop: 0,
  eos_token_id: 32_000,
  hidden_act: "silu",
  hidden_size: 3072,
  initializer_range: 0.02,
  intermediate_size: 8192,
  max_position_embeddings: 4096,
  model_type: "phi3",
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 32,
  original_max_position_embeddings: 4096,
  pad_token_id: 32_000,
  resid_pdrop: 0,
  rms_norm_eps: 1e-5,
  rope_scaling: null as unknown,
  rope_theta: 10_000,
  sliding_window: 2047 as number | null,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
  transformers_version: "4.40.2",
  use_cache: true,
  vocab_size: 32_064,
};

/** Lists of the published lengths; their numbers rise as the published ones do. */
const factors = (type: string, pairs: number) => ({
  long_factor: Array.from({ length: pairs }, (_, pair) => 1 + (1.3 * 48 * pair) / pairs),
  short_factor: Array.from({ length: pairs }, (_, pair) => 1 + pair / 50),
  type,
});

const phi3Long = {
  ...phi3,
  max_position_embeddings: 131_072,
  rope_scaling: factors("longrope", 48),
  sliding_window: 262_144,
};

const { rope_theta: phi3Theta, torch_dtype: phi3Type, rope_scaling: phi3Scaling, ...phi3Rest } = phi3Long;
const { type: phi3RopeType, ...phi3Lists } = phi3Scaling;

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
  max_window_layers: 28,
  model_type: "qwen2",
  num_attention_heads: 28,
  num_hidden_layers: 28,
  num_key_value_heads: 4,
  rms_norm_eps: 1e-6,
  rope_theta: 1_000_000,
  sliding_window: 131_072,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
  transformers_version: "4.41.2",
  use_cache: true,
  use_sliding_window: false,
  vocab_size: 152_064,
};

const qwen2Small = {
  ...qwen2,
  hidden_size: 896,
  intermediate_size: 4864,
  max_window_layers: 24,
  num_attention_heads: 14,
  num_hidden_layers: 24,
  num_key_value_heads: 2,
  tie_word_embeddings: true,
  vocab_size: 151_936,
};

const qwen15 = {
  ...qwen2,
  hidden_size: 4096,
  intermediate_size: 11_008,
  max_position_embeddings: 32_768,
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 32,
  sliding_window: 32_768,
  transformers_version: "4.37.0",
  vocab_size: 151_936,
};

const qwen25 = { ...qwen2, transformers_version: "4.40.1", use_mrope: false };

const { rope_theta: qwenTheta, torch_dtype: qwenType, ...qwenRest } = qwen25;

export const others: Readonly<Record<string, Published>> = {
  "Mistral 7B v0.1": { config: mistral, trainedContext: 4096, slidingWindow: 4096 },
  "Mistral 7B v0.1, transformers 5": {
    config: {
      ...mistralRest,
      attention_dropout: 0,
      dtype: mistralType,
      head_dim: 128,
      pad_token_id: null,
      rope_parameters: { rope_theta: mistralTheta, rope_type: "default" },
      transformers_version: "5.0.0",
    },
    trainedContext: 4096,
    slidingWindow: 4096,
  },
  "Mistral 7B v0.2": {
    config: { ...mistral, attention_dropout: 0, rope_theta: 1_000_000, sliding_window: null },
    trainedContext: 32_768,
  },
  "Mistral 7B v0.3": {
    config: { ...mistral, attention_dropout: 0, rope_theta: 1_000_000, sliding_window: null, vocab_size: 32_768 },
    trainedContext: 32_768,
  },
  "Mistral Nemo": {
    config: {
      ...mistral,
      attention_dropout: 0,
      head_dim: 128,
      hidden_size: 5120,
      max_position_embeddings: 1_024_000,
      num_hidden_layers: 40,
      rope_theta: 1_000_000,
      sliding_window: null,
      vocab_size: 131_072,
    },
    trainedContext: 1_024_000,
  },
  "Zephyr 7B beta": {
    config: { ...mistral, _name_or_path: "mistralai/Mistral-7B-v0.1", pad_token_id: 2, use_cache: true },
    trainedContext: 4096,
    slidingWindow: 4096,
  },
  "Yarn Mistral 7B 128k": {
    config: {
      ...mistral,
      rope_scaling: { factor: 16, finetuned: true, original_max_position_embeddings: 8192, type: "yarn" },
      sliding_window: 131_072,
    },
    trainedContext: 32_768,
  },
  "Phi-1.5": {
    config: {
      ...phi2,
      bos_token_id: null,
      eos_token_id: null,
      hidden_size: 2048,
      intermediate_size: 8192,
      num_hidden_layers: 24,
      num_key_value_heads: null,
      partial_rotary_factor: 0.5,
      resid_pdrop: 0,
    },
    trainedContext: 2048,
  },
  "Phi-2": { config: phi2, trainedContext: 2048 },
  "Phi-2, transformers 5": {
    config: {
      ...phiRest,
      dtype: phiType,
      rope_parameters: { partial_rotary_factor: phiShare, rope_theta: phiTheta, rope_type: "default" },
      transformers_version: "5.0.0",
    },
    trainedContext: 2048,
  },
  "Phi-3 mini 4k": { config: phi3, trainedContext: 2047, slidingWindow: 2047 },
  "Phi-3 mini 128k, first release": {
    config: { ...phi3Long, rope_scaling: factors("su", 48) },
    trainedContext: 131_072,
  },
  "Phi-3 mini, its longrope called yarn": {
    config: { ...phi3Long, rope_scaling: factors("yarn", 48) },
    trainedContext: 131_072,
  },
  "Phi-3 medium 128k": {
    config: {
      ...phi3Long,
      hidden_size: 5120,
      intermediate_size: 17_920,
      num_attention_heads: 40,
      num_hidden_layers: 40,
      num_key_value_heads: 10,
      pad_token_id: null,
      rope_scaling: factors("su", 64),
      sliding_window: 131_072,
    },
    trainedContext: 131_072,
  },
  "Phi-3.5 mini": { config: phi3Long, trainedContext: 131_072 },
  "Phi-3.5 mini, transformers 5": {
    config: {
      ...phi3Rest,
      dtype: phi3Type,
      rope_parameters: { ...phi3Lists, partial_rotary_factor: 1, rope_theta: phi3Theta, rope_type: phi3RopeType },
      transformers_version: "5.0.0",
    },
    trainedContext: 131_072,
  },
  "Phi-4": {
    config: {
      ...phi3,
      _name_or_path: "microsoft/phi-4",
      auto_map: {},
      bos_token_id: 100_257,
      eos_token_id: 100_265,
      hidden_size: 5120,
      intermediate_size: 17_920,
      max_position_embeddings: 16_384,
      num_attention_heads: 40,
      num_hidden_layers: 40,
      num_key_value_heads: 10,
      original_max_position_embeddings: 16_384,
      pad_token_id: 100_349,
      rope_theta: 250_000,
      sliding_window: null,
      vocab_size: 100_352,
    },
    trainedContext: 16_384,
  },
  "Phi-4 mini": {
    config: {
      ...phi3Long,
      bos_token_id: 199_999,
      eos_token_id: 199_999,
      full_attn_mod: 1,
      interpolate_factor: 1,
      lm_head_bias: false,
      mlp_bias: false,
      num_attention_heads: 24,
      num_key_value_heads: 8,
      pad_token_id: 199_999,
      partial_rotary_factor: 0.75,
      tie_word_embeddings: true,
      vocab_size: 200_064,
    },
    trainedContext: 131_072,
  },
  "Qwen1.5 0.5B": {
    config: {
      ...qwen15,
      hidden_size: 1024,
      intermediate_size: 2816,
      max_window_layers: 21,
      num_attention_heads: 16,
      num_hidden_layers: 24,
      num_key_value_heads: 16,
      tie_word_embeddings: true,
    },
    trainedContext: 32_768,
  },
  "Qwen1.5 7B": { config: qwen15, trainedContext: 32_768 },
  "Qwen2 0.5B": { config: qwen2Small, trainedContext: 131_072 },
  "Qwen2 7B": { config: qwen2, trainedContext: 131_072 },
  "Qwen2.5 0.5B": {
    config: { ...qwen2Small, max_position_embeddings: 32_768, sliding_window: 32_768, use_mrope: false },
    trainedContext: 32_768,
  },
  "Qwen2.5 7B": { config: qwen25, trainedContext: 131_072 },
  "Qwen2.5 7B, transformers 5": {
    config: {
      ...qwenRest,
      dtype: qwenType,
      layer_types: Array.from({ length: 28 }, () => "full_attention"),
      pad_token_id: null,
      rope_parameters: { rope_theta: qwenTheta, rope_type: "default" },
      sliding_window: null,
      transformers_version: "5.0.0",
    },
    trainedContext: 131_072,
  },
  "Qwen2.5 7B instruct with YaRN": {
    config: {
      ...qwen25,
      eos_token_id: 151_645,
      max_position_embeddings: 32_768,
      rope_scaling: { factor: 4, original_max_position_embeddings: 32_768, type: "yarn" },
      sliding_window: 131_072,
    },
    trainedContext: 32_768,
  },
  "Qwen2.5 7B instruct 1M": {
    config: {
      ...qwen2,
      dual_chunk_attention_config: {
        chunk_size: 262_144,
        local_size: 8192,
        original_max_position_embeddings: 262_144,
      },
      eos_token_id: 151_645,
      max_position_embeddings: 1_010_000,
      rope_theta: 10_000_000,
      sliding_window: 1_010_000,
    },
    trainedContext: 262_144,
  },
  "DeepSeek R1 distilled to Qwen 1.5B": {
    config: {
      ...qwen25,
      bos_token_id: 151_646,
      hidden_size: 1536,
      intermediate_size: 8960,
      max_window_layers: 21,
      num_attention_heads: 12,
      num_key_value_heads: 2,
      rope_theta: 10_000,
      sliding_window: 4096,
      vocab_size: 151_936,
    },
    trainedContext: 131_072,
  },
};
