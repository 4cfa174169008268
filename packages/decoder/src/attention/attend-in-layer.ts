/**
 * One layer's attention under an extension: scale the queries, rotate queries and keys for each band, attend over the cache and
 * the chunk.
 *
 * A new key is rotated once for each rotation, and the graph outputs it. A cached key is never rotated again.
 */
import {
  emitAttention,
  emitAttentionByHead,
  emitGroupQueries,
  emitHeads,
  emitMeasuredAttention,
  emitMeasuredAttentionByHead,
  emitUngroup,
  type AttentionParts,
  type Measure,
  type RecentPart,
  type SettledPart,
} from "@ropewalk/attention-merge/onnx";
import type { Tape, Value } from "@ropewalk/graph";
import type { CacheFormat, Give } from "../cache/formats/format.ts";
import type { Attend } from "../decoder.ts";
import type { CacheStretch, Masked, Scored } from "../cache/cache-layout.ts";
import { decoderOutputs } from "../graph-interface.ts";
import { keptRotations } from "./key-rotations.ts";
import type { GroupInputs, SharedInputs } from "./shared-inputs.ts";

type Layer = {
  readonly tape: Tape;
  readonly format: CacheFormat;
  readonly give: Give;
  readonly shared: SharedInputs;
  /** The inputs that the layer's group shares. */
  readonly own: GroupInputs;
  readonly index: number;
  /** What the graph outputs of the layer's attention; undefined: nothing. */
  readonly measure: Measure | undefined;
};

/** Queries in each band's rotation, near to far: [1, numKvHeads, group * seqLen, headDim] each. */
type Queries = readonly Value[];

/** An array of a stretch, by its suffix; and by its label, if the stretch's keys are read under several names. */
type Arrays = (suffix: string, label?: string) => Value;

/** Declares the inputs of a stretch. */
const declare = ({ tape, shared, index }: Layer, { parts }: CacheStretch): Arrays => {
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

/** A part whose keys are seen under masks, one for each band. */
const underMasks = (
  { shared }: Layer,
  queries: Queries,
  bands: readonly Masked[],
  part: { readonly keys: (scored: Scored) => Value; readonly values: Value; readonly size: string },
): RecentPart => ({
  kind: "bands",
  bands: bands.map((scored) => ({
    queries: queries[scored.band]!,
    keys: part.keys(scored),
    mask: shared.mask(scored.mask, part.size),
  })),
  values: part.values,
});

/** The stretches of the cache. Those under masks are in the order of `recentLengths`. */
const cachedParts = (layer: Layer, queries: Queries) => {
  const { tape, shared, own, format } = layer;
  const settled: SettledPart[] = [];
  const recent: RecentPart[] = [];
  for (const stretch of own.layout.stretches) {
    const { seen, size } = stretch;
    const array = declare(layer, stretch);
    if (seen.kind === "by-all")
      settled.push(format.emit(tape, { queries: queries[seen.band]!, gate: shared.gate(seen.gate), array }));
    else {
      const keys = ({ label }: Scored): Value => array("keys", label);
      recent.push(underMasks(layer, queries, seen.bands, { keys, values: array("values"), size }));
    }
  }
  return { settled: settled[0], recent };
};

/** Queries in each band's rotation; unchanged if the group has no rotation. */
const rotatedQueries = ({ tape, own: { group, turn } }: Layer, queries: Value): Queries =>
  group.positions.bands.map((_, band) => (turn === undefined ? queries : turn(tape, band, "query", queries)));

/** A chunk's keys [seqLen, numKvHeads * headDim] in each rotation that is kept; they become outputs of the graph. */
const rotatedKeys = ({ tape, shared, own: { group, turn }, give, index }: Layer, rows: Value): readonly Value[] => {
  const fresh = turn && emitHeads(tape, shared.heads, rows);
  return keptRotations(group).map((band, rotation) =>
    give(decoderOutputs.newKeys(index, rotation), (options) =>
      fresh === undefined ? emitHeads(tape, shared.heads, rows, options) : turn!(tape, band, "key", fresh, options),
    ),
  );
};

/** The result of attention over all parts. If a measure is asked for, it becomes an output of the graph. */
const emitAttended = ({ tape, shared: { few }, index, measure }: Layer, parts: AttentionParts): Value => {
  const allHeads = (at: Tape) => (measure ? emitMeasuredAttention(at, measure, parts) : [emitAttention(at, parts)]);
  const byHead = (at: Tape) =>
    measure ? emitMeasuredAttentionByHead(at, measure, parts) : [emitAttentionByHead(at, parts)];
  const [attended, measured] =
    few === undefined ? allHeads(tape) : tape.branch(few, { whenTrue: allHeads, whenFalse: byHead });
  if (measured !== undefined) tape.output(decoderOutputs.attentions(index), { ...measured, type: "float32" });
  return attended!;
};

/** The attention of layer `index`. */
export const attendIn =
  (layer: Layer): Attend =>
  ({ query, key, value }) => {
    const { tape, give, shared, index } = layer;
    const { group, layout, recentLengths } = layer.own;
    const { heads: counts } = shared;

    const scale = tape.op("Gather", [shared.queryScale, tape.constant("int64", [], [index])], { axis: 0 });
    const grouped = emitGroupQueries(tape, counts, tape.op("Mul", [query, scale]));
    const queries = rotatedQueries(layer, grouped);
    const keys = rotatedKeys(layer, key);
    const values = give(decoderOutputs.newValues(index), (options) => emitHeads(tape, counts, value, options));

    const { settled, recent } = cachedParts(layer, queries);
    const own = underMasks(layer, queries, layout.own, {
      keys: ({ rotation }) => keys[rotation]!,
      values,
      size: "seqLen",
    });
    const parts = { settled, recent: [...recent, own], lengths: recentLengths, softcap: group.softcap };
    return emitUngroup(tape, counts, emitAttended(layer, parts));
  };
