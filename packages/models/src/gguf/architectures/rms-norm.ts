/** The key of config.json for the norms that most architectures have. */
import type { Stated } from "./architecture.ts";

export const rmsNormConfig = ({ keys }: Stated): Readonly<Record<string, unknown>> => ({
  rms_norm_eps: keys.needNumber("attention.layer_norm_rms_epsilon"),
});
