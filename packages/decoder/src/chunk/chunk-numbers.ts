/** The numbers that a graph is fed for one chunk: the rotations of its queries and keys, and the scales of its queries. */
import { positionIn, type ExtendedGroup } from "@ropewalk/context-extension";
import { queryScales } from "@ropewalk/entropy-scaling";
import { rotationTable, type RopeFrequencies } from "@ropewalk/rope";
import type { Chunk } from "./keys-before-chunk.ts";
import type { ExtendedDecoder } from "../extend-decoder.ts";
import { decoderInputs } from "../graph-interface.ts";

/** The numbers of one input of a graph. */
export type Numbers = { readonly dims: readonly number[]; readonly data: Float32Array };

/** Rotations of the chunk's queries and keys, band by band, for the group at `place`. */
const rotationsOf = (
  place: number,
  { rope, positions }: ExtendedGroup,
  frequencies: RopeFrequencies | undefined,
  at: readonly number[],
): Readonly<Record<string, Numbers>> => {
  const numbers: Record<string, Numbers> = {};
  if (rope === undefined || frequencies === undefined) return numbers;
  const dims = [at.length, rope.rotaryDim / 2];
  positions.bands.forEach((_, band) => {
    for (const side of ["query", "key"] as const) {
      const { cos, sin } = rotationTable(
        frequencies,
        at.map((token) => positionIn("chunkNumbers", positions, band, side, token)),
      );
      numbers[decoderInputs.rotation(place, band, side, "cos")] = { dims, data: cos };
      numbers[decoderInputs.rotation(place, band, side, "sin")] = { dims, data: sin };
    }
  });
  return numbers;
};

/** Rotations of the chunk's queries and keys, group by group, and the scale of each query in each layer. */
export const chunkNumbers = (
  { decoder: { numLayers }, groups }: ExtendedDecoder,
  frequencies: readonly (RopeFrequencies | undefined)[],
  { start, length }: Chunk,
): Readonly<Record<string, Numbers>> => {
  const at = Array.from({ length }, (_, offset) => start + offset);
  const scale = new Float32Array(numLayers * length);
  for (const { layers, entropy, scoreScale } of groups)
    for (const layer of layers) {
      const row = scale.subarray(layer * length, (layer + 1) * length);
      if (entropy === undefined) row.fill(scoreScale);
      else row.set(queryScales(entropy, layer, at).map((factor) => factor * scoreScale));
    }
  const rotations = groups.map((group, place) => rotationsOf(place, group, frequencies[place], at));
  return {
    ...(Object.assign({}, ...rotations) as Readonly<Record<string, Numbers>>),
    [decoderInputs.queryScale]: { dims: [numLayers, length, 1], data: scale },
  };
};
