/** A mapping as data: its kind and the parameters of that kind. To add a kind, write its file and its row in `scheme-kinds.ts`. */
import { checkOneOf, show } from "@ropewalk/check";
import type { PositionMapping } from "./mapping.ts";
import { schemes } from "./scheme-kinds.ts";

type Kind = keyof typeof schemes;

type ConfigOf<K extends Kind> = Parameters<(typeof schemes)[K]>[0];

/** The kind of a mapping and its parameters. In every kind except `custom` the parameters are numbers and can be kept in a file. */
export type PositionScheme = {
  readonly [K in Kind]: { readonly kind: K } & { readonly [Field in keyof ConfigOf<K>]: ConfigOf<K>[Field] };
}[Kind];

/** All kinds of schemes. */
export const positionKinds: readonly Kind[] = Object.keys(schemes) as Kind[];

/**
 * The mapping of a scheme.
 *
 * @throws RangeError when the kind is unknown, with a list of the known kinds; RangeError and TypeError of the kind's own
 * function when a number is out of its range, two contradict each other, or a key is not known.
 */
export const positionMapping = (scheme: PositionScheme): PositionMapping => {
  if (typeof scheme !== "object" || scheme === null)
    throw new TypeError(`positionMapping: scheme must be an object with a kind, got ${show(scheme)}`);
  const { kind, ...config } = scheme;
  checkOneOf("positionMapping", "scheme.kind", kind, positionKinds);
  return (schemes[kind] as unknown as (config: object) => PositionMapping)(config);
};
