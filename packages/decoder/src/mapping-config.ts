/** A mapping as plain data: what it was made of, kept with it, and made again of that. */
import { byKind } from "@ropewalk/check";
import * as mapping from "@ropewalk/position-mapping";
import type { PositionMapping } from "@ropewalk/position-mapping";

export type MappingConfig =
  | { readonly kind: "self-extend"; readonly groupSize: number; readonly window: number }
  | { readonly kind: "re-rope"; readonly window: number }
  | { readonly kind: "leaky-re-rope"; readonly factor: number; readonly window: number }
  | { readonly kind: "sliding-window"; readonly window: number };

/** A mapping that tells what it is made of; one of your own has functions alone. */
export type ConfiguredMapping = PositionMapping & { readonly config?: MappingConfig };

const numbersOf = <Config extends MappingConfig>(config: Config): Omit<Config, "kind"> => {
  const { kind: _, ...numbers } = config;
  return numbers;
};

/**
 * @throws RangeError and TypeError as the mapping's own function, and RangeError when the kind is unknown, as a file may have it
 */
export const mappingOf = (config: MappingConfig): ConfiguredMapping => ({
  ...byKind<MappingConfig, PositionMapping, []>("mappingOf", "config", config, {
    "self-extend": (given) => mapping.selfExtend(numbersOf(given)),
    "re-rope": (given) => mapping.reRope(numbersOf(given)),
    "leaky-re-rope": (given) => mapping.leakyReRope(numbersOf(given)),
    "sliding-window": (given) => mapping.slidingWindow(numbersOf(given)),
  }),
  config,
});
