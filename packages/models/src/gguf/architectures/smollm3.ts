/** `smollm3`: every fourth layer does not rotate. Neighbours rotate together. */
import { smollm3 as family } from "../../families/smollm3/index.ts";
import type { Architecture } from "./architecture.ts";
import { rmsNormConfig } from "./rms-norm.ts";

export const smollm3: Architecture = {
  family: () => family,
  config: (stated) => ({
    ...rmsNormConfig(stated),
    hidden_act: "silu",
    // The file does not state it.
    no_rope_layer_interval: 4,
    attention_bias: stated.has("blk.0.attn_q.bias"),
    mlp_bias: stated.has("blk.0.ffn_up.bias"),
  }),
  interleaved: true,
};
