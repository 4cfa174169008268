/**
 * Which bands a layer's keys are rotated for: every band of a layout of near and far, and under masks one for all bands that have
 * the same function of the key. Such a key is rotated once and kept once.
 */
import type { ExtendedGroup } from "@ropewalk/context-extension";
import type { ExtendedDecoder } from "./extend.ts";

type Mapped = Pick<ExtendedGroup, "layout" | "positions">;

/** Bands, in their order, whose key rotations are made and kept. */
export const keptRotations = ({ layout, positions: { bands } }: Mapped): readonly number[] =>
  bands.flatMap(({ key }, band) =>
    layout.kind === "masked" && bands.findIndex((other) => other.key === key) < band ? [] : [band],
  );

/** The place of a band's keys among those that are kept. */
export const rotationOf = (extended: Mapped, band: number): number => {
  const { bands } = extended.positions;
  const first = extended.layout.kind === "masked" ? bands.findIndex(({ key }) => key === bands[band]!.key) : band;
  return keptRotations(extended).indexOf(first);
};

/**
 * What a graph depends on of an extension, as a name: how each group's bands are laid out, and under masks which keys each of them reads.
 */
export const layoutName = ({ groups }: Pick<ExtendedDecoder, "groups">): string =>
  groups
    .map((group) => {
      const { kind } = group.layout;
      const rotations = group.positions.bands.map((_, band) => rotationOf(group, band));
      return kind === "masked" ? `${kind} ${rotations.join(" ")}` : kind;
    })
    .join(", ");
