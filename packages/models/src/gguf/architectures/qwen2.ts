/** `qwen2`: Qwen1.5, Qwen2, Qwen2.5. */
import { qwen2 as family } from "../../families/qwen2/index.ts";
import type { Architecture } from "./architecture.ts";
import { rmsNormConfig } from "./rms-norm.ts";

export const qwen2: Architecture = {
  family: () => family,
  config: (stated) => ({ ...rmsNormConfig(stated), hidden_act: "silu", use_sliding_window: false }),
};
