/** `llama`: Llama, and what else is made of its blocks: Mistral, SOLAR, SmolLM, Yi, TinyLlama. Neighbours rotate together. */
import { llama as family } from "../../families/llama/index.ts";
import { mistral } from "../../families/mistral/index.ts";
import type { Architecture } from "./architecture.ts";
import { rmsNormConfig } from "./rms-norm.ts";

export const llama: Architecture = {
  // Llama's own config has no sliding window; Mistral's has.
  family: ({ keys }) => (keys.number("attention.sliding_window") === undefined ? family : mistral),
  config: (stated) => ({
    ...rmsNormConfig(stated),
    hidden_act: "silu",
    sliding_window: stated.keys.number("attention.sliding_window"),
    attention_bias: stated.has("blk.0.attn_q.bias"),
    mlp_bias: stated.has("blk.0.ffn_up.bias"),
  }),
  interleaved: true,
};
