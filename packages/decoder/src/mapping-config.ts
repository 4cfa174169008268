/** A mapping as plain data: what it was made of, kept with it, and made again of that. */
import * as mapping from "@ropewalk/position-mapping";
import type { PositionMapping } from "@ropewalk/position-mapping";
import { match } from "ts-pattern";

export type MappingConfig =
  | { readonly kind: "self-extend"; readonly groupSize: number; readonly window: number }
  | { readonly kind: "re-rope"; readonly window: number }
  | { readonly kind: "leaky-re-rope"; readonly factor: number; readonly window: number }
  | { readonly kind: "sliding-window"; readonly window: number };

/** A mapping that tells what it is made of; one of your own has functions alone. */
export type ConfiguredMapping = PositionMapping & { readonly config?: MappingConfig };

/**
 * @throws RangeError and TypeError as the mapping's own function, and RangeError when the kind is unknown, as a file may have it
 */
export const mappingOf = (config: MappingConfig): ConfiguredMapping => ({
  ...match(config)
    .with({ kind: "self-extend" }, mapping.selfExtend)
    .with({ kind: "re-rope" }, mapping.reRope)
    .with({ kind: "leaky-re-rope" }, mapping.leakyReRope)
    .with({ kind: "sliding-window" }, mapping.slidingWindow)
    .exhaustive((unknown) => {
      throw new RangeError(`mappingOf: config must be that of a known mapping, got ${JSON.stringify(unknown)}`);
    }),
  config,
});
