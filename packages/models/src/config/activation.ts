/** The activations of Hugging Face configs, by the names that `hidden_act` uses. */
import { geluTanh, silu, type Activation } from "@ropewalk/decoder";
import { check } from "@ropewalk/check";
import { optionalText, placeOf, type ConfigObject } from "./config-object.ts";

type Activations = Readonly<Record<string, Activation>>;

const activations: Activations = {
  silu,
  swish: silu,
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
};

/** Where a config names its activation. */
export type ActivationPlace = {
  /** Absent: hidden_act. */
  readonly key?: string;
  /** Names that only this family's configs have, or that mean something else there. */
  readonly names?: Activations;
};

/** @throws RangeError and TypeError naming the key, the known names and the value */
export const readActivation = (
  config: ConfigObject,
  { key = "hidden_act", names = {} }: ActivationPlace = {},
): Activation => {
  const known: Activations = { ...activations, ...names };
  const name = optionalText(config, key);
  check(
    name !== undefined && Object.hasOwn(known, name),
    `${placeOf(config, key)} must be one of ${Object.keys(known).join(", ")}`,
    name,
  );
  return known[name]!;
};
