/** The activations of Hugging Face configs, by the names that `hidden_act` uses. */
import { geluTanh, silu, type Activation } from "@ropewalk/decoder";
import { check } from "@ropewalk/check";
import { optionalText, type ConfigObject } from "./config-object.ts";

const activations: Readonly<Record<string, Activation>> = {
  silu,
  swish: silu,
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
};

/** @throws RangeError and TypeError naming the key, the known names and the value */
export const readActivation = (config: ConfigObject): Activation => {
  const name = optionalText(config, "hidden_act");
  check(
    name !== undefined && Object.hasOwn(activations, name),
    `${config.at}: hidden_act must be one of ${Object.keys(activations).join(", ")}`,
    name,
  );
  return activations[name]!;
};
