/**
 * The rotations in which a layer's keys are kept. Bands with the same `key` function share a rotation: the key is rotated once and
 * kept once.
 */
import type { ExtendedGroup } from "@ropewalk/context-extension";
import type { ExtendedDecoder } from "../extend-decoder.ts";

type Mapped = Pick<ExtendedGroup, "positions">;

/** The first band that has the same `key` function. */
const firstOf = ({ positions: { bands } }: Mapped, band: number): number =>
  bands.findIndex(({ key }) => key === bands[band]!.key);

/** The band of the closest keys. A chunk is no longer than this band reaches, so the band covers all of the chunk's own keys. */
export const nearestBand = 0;

/** The band of the farthest keys, for bands by distance. */
export const outermostBand = ({ positions: { bands } }: Mapped): number => bands.length - 1;

/** The bands, in their order, whose key rotations are computed and kept: the first of each that share one. */
export const keptRotations = (mapped: Mapped): readonly number[] =>
  mapped.positions.bands.flatMap((_, band) => (firstOf(mapped, band) === band ? [band] : []));

/** The place of a band's key rotation among the rotations that are kept. */
export const rotationOf = (mapped: Mapped, band: number): number =>
  keptRotations(mapped).indexOf(firstOf(mapped, band));

/** A name for the parts of an extension that a graph depends on: each group's attention path, and the key rotation that each band reads. */
export const attentionPathName = ({ groups }: Pick<ExtendedDecoder, "groups">): string =>
  groups
    .map((group) => {
      const { kind } = group.attentionPath;
      const rotations = group.positions.bands.map((_, band) => rotationOf(group, band));
      return `${kind} ${rotations.join(" ")}`;
    })
    .join(", ");
