/** `qwen3`: a norm of each head of queries and keys. */
import { qwen3 as family } from "../../families/qwen3/index.ts";
import type { Architecture } from "./architecture.ts";
import { rmsNormConfig } from "./rms-norm.ts";

export const qwen3: Architecture = {
  family: () => family,
  config: (stated) => ({
    ...rmsNormConfig(stated),
    hidden_act: "silu",
    use_sliding_window: false,
    attention_bias: stated.has("blk.0.attn_q.bias"),
  }),
};
