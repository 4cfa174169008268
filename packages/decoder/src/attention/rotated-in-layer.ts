/**
 * What comes before a layer's attention, however it attends: scale the queries, rotate queries and keys for each band, declare the arrays of
 * the cache.
 *
 * A new key is rotated once for each rotation, and the graph outputs it. A cached key is never rotated again.
 */
import type { Tape, Value } from "@ropewalk/graph";
import type { CacheStretch } from "../cache/cache-layout.ts";
import type { Give } from "../cache/formats/format.ts";
import type { Projected } from "../decoder.ts";
import { decoderOutputs } from "../graph-interface.ts";
import { keptRotations } from "./key-rotations.ts";
import type { GroupRotations, SharedInputs } from "./shared-inputs.ts";

export type RotatedLayer = {
  readonly tape: Tape;
  readonly give: Give;
  readonly shared: Pick<SharedInputs, "heads" | "queryScale">;
  readonly own: GroupRotations;
  readonly index: number;
};

/** An array of a stretch, by its suffix; and by its label, if the stretch's keys are read under several names. */
export type Arrays = (suffix: string, label?: string) => Value;

/** Declares the inputs of a stretch. */
export const declareArrays = ({ tape, shared, index }: RotatedLayer, { parts }: CacheStretch): Arrays => {
  const { numKvHeads } = shared.heads;
  const declared = parts.flatMap(({ arrays, readings }) =>
    readings.flatMap(({ label, names, size }) => {
      const inputs = names(index);
      return arrays.map(({ suffix, type, per, shape }, at) => {
        const dims = [numKvHeads, ...(per === "head" ? [] : [size]), ...shape];
        return { suffix, label, value: tape.input(inputs[at]!, type, dims) };
      });
    }),
  );
  return (suffix, label) => declared.find((array) => array.suffix === suffix && array.label === label)!.value;
};

/** Queries [1, numHeads, seqLen, headDim] in each band's rotation; unrotated if the group has no rotation. */
const rotatedQueries = (
  { tape, own: { group, turn } }: RotatedLayer,
  queries: Value,
  shaped: (heads: Value) => Value,
): readonly Value[] =>
  group.positions.bands.map((_, band) => shaped(turn === undefined ? queries : turn(tape, band, "query", queries)));

/** A chunk's keys [1, numKvHeads, seqLen, headDim] in each rotation that is kept; they become outputs of the graph. */
const rotatedKeys = ({ tape, own: { group, turn }, give, index }: RotatedLayer, keys: Value): readonly Value[] =>
  keptRotations(group).map((band, rotation) =>
    give(decoderOutputs.newKeys(index, rotation), (options) =>
      turn === undefined ? tape.op("Identity", [keys], {}, options) : turn(tape, band, "key", keys, options),
    ),
  );

export type Rotated = {
  /** In each band's rotation, near to far. */
  readonly queries: readonly Value[];
  /** In each rotation that is kept: [1, numKvHeads, seqLen, headDim]. */
  readonly keys: readonly Value[];
  readonly values: Value;
};

/** @param shaped - the form in which queries [1, numHeads, seqLen, headDim] are attended with */
export const rotatedIn = (
  layer: RotatedLayer,
  { query, key, value }: Projected,
  shaped: (heads: Value) => Value = (heads) => heads,
): Rotated => {
  const { tape, give, shared, index } = layer;
  const scale = tape.op("Gather", [shared.queryScale, tape.constant("int64", [], [index])], { axis: 0 });
  return {
    queries: rotatedQueries(layer, tape.op("Mul", [query, scale]), shaped),
    keys: rotatedKeys(layer, key),
    values: give(decoderOutputs.newValues(index), (options) => tape.op("Identity", [value], {}, options)),
  };
};
