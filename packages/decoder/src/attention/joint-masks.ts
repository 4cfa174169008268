/**
 * What the layers of a group share when few queries attend, all parts under one mask:
 *
 *   mask    (gate … gate, mask_1, …, mask_n)      the settled keys, then each part under masks; of several bands the one that is open
 *   open    mask_b > -1                           for each band of a part but the last
 *
 * Both are computed once for all layers, and only in runs of few queries.
 */
import type { SettledPart } from "@ropewalk/attention-merge/onnx";
import { quantizedTile } from "@ropewalk/attention-merge";
import { byKind } from "@ropewalk/check";
import type { Tape, Value } from "@ropewalk/graph";
import type { CacheLayout, Masked } from "../cache/cache-layout.ts";
import type { SharedInputs } from "./shared-inputs.ts";

export type JointMasks = {
  /** [group * seqLen, keys of all parts] */
  readonly mask: Value;
  /** [parts] int64: the keys of each part. */
  readonly lengths: Value;
  /** For each part under masks, and each of its bands: [group * seqLen, keys of the part] bool; undefined for the last band. */
  readonly open: readonly (readonly (Value | undefined)[])[];
};

/** The number of settled keys, [1] int64. */
const settledLen = (tape: Tape, settled: SettledPart): Value => {
  const second = ({ keys }: { readonly keys: Value }): Value => tape.op("Shape", [keys], { start: 1, end: 2 });
  return byKind<SettledPart, Value, []>("jointMasks", "settled", settled, {
    dense: second,
    quantized: (tiles) => tape.op("Mul", [second(tiles), tape.constant("int64", [1], [quantizedTile])]),
  });
};

type MaskedPart = { readonly bands: readonly Masked[]; readonly size: string };

/** The parts under masks: those of the cache, then the chunk's own keys. */
export const maskedParts = ({ stretches, own }: CacheLayout): readonly MaskedPart[] => [
  ...stretches.flatMap(({ seen, size }) => (seen.kind === "under-masks" ? [{ bands: seen.bands, size }] : [])),
  { bands: own, size: "seqLen" },
];

/**
 * @param tape - of the whole graph
 * @param few - whether the chunk has few queries
 * @param settled - the settled part of any layer of the group
 */
export const jointMasks = (
  tape: Tape,
  { mask: declared }: Pick<SharedInputs, "mask">,
  few: Value,
  { layout, recentLengths }: { readonly layout: CacheLayout; readonly recentLengths: Value },
  settled: SettledPart | undefined,
): JointMasks => {
  const masks = maskedParts(layout).map(({ bands, size }) => bands.map((band) => declared(band.mask, size)));
  const inTurn = masks.flatMap((bands) => bands.slice(0, -1));
  const [mask, lengths, ...open] = tape.branch(few, {
    whenTrue: (at) => {
      const parts = masks.map((bands) => (bands.length === 1 ? bands[0]! : at.op("Max", bands)));
      const opens = inTurn.map((band) => at.op("Greater", [band, at.constant("float32", [], [-1])]));
      const joined = (first: readonly Value[]): Value => at.op("Concat", [...first, ...parts], { axis: 1 });
      if (settled === undefined) return [joined([]), at.op("Identity", [recentLengths]), ...opens];
      const length = settledLen(at, settled);
      const rows = at.op("Shape", [parts.at(-1)!], { start: 0, end: 1 });
      const gates = at.op("Expand", [settled.gate, at.op("Concat", [rows, length], { axis: 0 })]);
      return [joined([gates]), at.op("Concat", [length, recentLengths], { axis: 0 }), ...opens];
    },
    whenFalse: (at) => [
      at.constant("float32", [1, 1], [0]),
      at.constant("int64", [1], [1]),
      ...inTurn.map(() => at.constant("bool", [1, 1], [0])),
    ],
  });
  let next = 0;
  return {
    mask: mask!,
    lengths: lengths!,
    open: masks.map((bands) => bands.map((_, band) => (band < bands.length - 1 ? open[next++] : undefined))),
  };
};
