/** `phi3`: Phi-3, Phi-3.5, Phi-4, Phi-4 mini. */
import { phi3 as family } from "../../families/phi3/index.ts";
import type { Architecture } from "./architecture.ts";
import { rmsNormConfig } from "./rms-norm.ts";

export const phi3: Architecture = {
  family: () => family,
  config: (stated) => ({
    ...rmsNormConfig(stated),
    hidden_act: "silu",
    sliding_window: stated.keys.number("attention.sliding_window"),
  }),
};
