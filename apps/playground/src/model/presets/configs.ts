/** Small random checkpoints of four families: the config.json of each. */
import { llama, mistral, phi, type Family } from "@ropewalk/models";

export type Preset = {
  readonly name: string;
  readonly family: Family;
  readonly config: Readonly<Record<string, unknown>>;
  /** For depth up-scaling: the layers of the smaller model, and how many layers each copy of it leaves out. */
  readonly upscaled?: { readonly layers: number; readonly drop: number };
};

const common = {
  vocab_size: 512,
  hidden_size: 64,
  intermediate_size: 176,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 256,
  rope_theta: 10_000,
  tie_word_embeddings: false,
  bos_token_id: 1,
  eos_token_id: 2,
  torch_dtype: "float32",
};

const llamaConfig = {
  ...common,
  model_type: "llama",
  architectures: ["LlamaForCausalLM"],
  rms_norm_eps: 1e-5,
  hidden_act: "silu",
};

export const presets: readonly Preset[] = [
  { name: "random-llama", family: llama, config: llamaConfig },
  {
    name: "random-mistral",
    family: mistral,
    config: {
      ...llamaConfig,
      model_type: "mistral",
      architectures: ["MistralForCausalLM"],
      sliding_window: 64,
    },
  },
  {
    name: "random-phi",
    family: phi,
    config: {
      ...common,
      model_type: "phi",
      architectures: ["PhiForCausalLM"],
      hidden_act: "gelu_new",
      layer_norm_eps: 1e-5,
      partial_rotary_factor: 0.5,
      num_key_value_heads: 4,
    },
  },
  {
    name: "random-solar",
    family: llama,
    config: { ...llamaConfig, num_hidden_layers: 6 },
    upscaled: { layers: 4, drop: 1 },
  },
];

/**
 * For each layer after depth up-scaling, the layer of the smaller model that it copies.
 *
 *     layer i is layer i where i < n - m, and layer i - n + 2 m elsewhere
 */
export const upscaledFrom = ({ layers, drop }: NonNullable<Preset["upscaled"]>): readonly number[] =>
  Array.from({ length: 2 * (layers - drop) }, (_, index) =>
    index < layers - drop ? index : index - layers + 2 * drop,
  );
