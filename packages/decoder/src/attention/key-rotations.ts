/**
 * Which bands a layer's keys are rotated for. Bands with the same function of the key share a rotation: the key is rotated once and kept
 * once.
 */
import type { ExtendedGroup } from "@ropewalk/context-extension";
import type { ExtendedDecoder } from "../extend-decoder.ts";

type Mapped = Pick<ExtendedGroup, "positions">;

/** The first band that has the same function of the key. */
const firstOf = ({ positions: { bands } }: Mapped, band: number): number =>
  bands.findIndex(({ key }) => key === bands[band]!.key);

/** The band of the closest keys: a chunk is no longer than it reaches, so that it has all of the chunk's own. */
export const nearestBand = 0;

/** The band of the farthest keys, where bands are by distance. */
export const outermostBand = ({ positions: { bands } }: Mapped): number => bands.length - 1;

/** Bands, in their order, whose key rotations are made and kept. */
export const keptRotations = (mapped: Mapped): readonly number[] =>
  mapped.positions.bands.flatMap((_, band) => (firstOf(mapped, band) === band ? [band] : []));

/** The place of a band's keys among those that are kept. */
export const rotationOf = (mapped: Mapped, band: number): number =>
  keptRotations(mapped).indexOf(firstOf(mapped, band));

/** A name for what a graph depends on in an extension: the attention path of each group, and which rotated keys each band reads. */
export const attentionPathName = ({ groups }: Pick<ExtendedDecoder, "groups">): string =>
  groups
    .map((group) => {
      const { kind } = group.attentionPath;
      const rotations = group.positions.bands.map((_, band) => rotationOf(group, band));
      return `${kind} ${rotations.join(" ")}`;
    })
    .join(", ");
