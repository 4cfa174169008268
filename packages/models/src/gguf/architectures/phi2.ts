/** `phi2`: Phi-1, Phi-1.5, Phi-2. Older files have queries, keys and values in one matrix. */
import { phi } from "../../families/phi/index.ts";
import type { Architecture } from "./architecture.ts";

export const phi2: Architecture = {
  family: () => phi,
  config: ({ keys }) => ({ layer_norm_eps: keys.needNumber("attention.layer_norm_epsilon"), hidden_act: "gelu_new" }),
};
