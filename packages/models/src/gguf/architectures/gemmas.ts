/** `gemma`, `gemma2`, `gemma3`: norms are stored with the 1 that these families add. */
import { gemma as family } from "../../families/gemma/index.ts";
import { gemma2 as family2 } from "../../families/gemma2/index.ts";
import { gemma3 as family3 } from "../../families/gemma3/index.ts";
import type { Architecture, Stated } from "./architecture.ts";
import { rmsNormConfig } from "./rms-norm.ts";

const gemmaConfig = (stated: Stated): Readonly<Record<string, unknown>> => ({
  ...rmsNormConfig(stated),
  hidden_act: "gelu_pytorch_tanh",
});

/**
 * Scores are divided by the root of this. Files do not state it: it is the width of a head, and in the largest model, which is known by its
 * number of layers, the width of the model over its heads.
 */
const scalarOf = ({ keys, shared }: Stated, layersOfLargest: number): number =>
  keys.number("block_count") === layersOfLargest
    ? keys.needNumber("embedding_length") / keys.needNumber("attention.head_count")
    : (shared["head_dim"] as number);

const bounds = ({ keys }: Stated): Readonly<Record<string, unknown>> => ({
  attn_logit_softcapping: keys.number("attn_logit_softcapping") ?? null,
  final_logit_softcapping: keys.number("final_logit_softcapping") ?? null,
});

const aroundBlocks = {
  post_attention_layernorm: "post_attention_norm",
  pre_feedforward_layernorm: "ffn_norm",
  post_feedforward_layernorm: "post_ffw_norm",
};

export const gemma: Architecture = { family: () => family, config: gemmaConfig, normsPlusOne: true };

export const gemma2: Architecture = {
  family: () => family2,
  config: (stated) => ({
    ...gemmaConfig(stated),
    ...bounds(stated),
    sliding_window: stated.keys.needNumber("attention.sliding_window"),
    query_pre_attn_scalar: scalarOf(stated, 46),
  }),
  names: aroundBlocks,
  normsPlusOne: true,
};

const layerTypes = (slides: readonly boolean[]): readonly string[] =>
  slides.map((own) => (own ? "sliding_attention" : "full_attention"));

export const gemma3: Architecture = {
  family: () => family3,
  config: (stated) => {
    const { keys } = stated;
    const slides = keys.flags("attention.sliding_window_pattern");
    return {
      ...gemmaConfig(stated),
      ...bounds(stated),
      sliding_window: keys.needNumber("attention.sliding_window"),
      ...(slides
        ? { layer_types: layerTypes(slides) }
        : { sliding_window_pattern: keys.number("attention.sliding_window_pattern") ?? 6 }),
      rope_local_base_freq: keys.number("rope.freq_base_swa") ?? 10_000,
      query_pre_attn_scalar: scalarOf(stated, 62),
    };
  },
  names: aroundBlocks,
  normsPlusOne: true,
};
