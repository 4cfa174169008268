/** One layer's attention under an extension, as operators: over the cache and the chunk. */
import {
  emitAttention,
  emitAttentionByHead,
  emitGroupHeads,
  emitJointAttention,
  emitMeasuredAttention,
  emitMeasuredAttentionByHead,
  emitMeasuredJointAttention,
  emitUngroup,
  type RecentPart,
  type JointParts,
  type Measure,
  type SettledPart,
} from "@ropewalk/attention-merge/onnx";
import type { Tape, Value } from "@ropewalk/graph";
import type { CacheFormat } from "../cache/formats/format.ts";
import type { Attend } from "../decoder.ts";
import type { Masked, Scored } from "../cache/cache-layout.ts";
import { decoderOutputs } from "../graph-interface.ts";
import { emitRange, type BandMask } from "./band-masks.ts";
import { declareArrays, rotatedIn, type RotatedLayer } from "./rotated-in-layer.ts";
import type { GroupInputs, SharedInputs } from "./shared-inputs.ts";

type Layer = RotatedLayer & {
  readonly format: CacheFormat;
  readonly shared: SharedInputs;
  /** The inputs that the layer's group shares. */
  readonly own: GroupInputs;
  /** What the graph outputs of the layer's attention; undefined: nothing. */
  readonly measure: Measure | undefined;
};

/** Queries in each band's rotation, near to far: [1, numKvHeads, group * seqLen, headDim] each. */
type Queries = readonly Value[];

/** A part whose keys are seen under masks, one for each band. */
const underMasks = (
  { shared }: Layer,
  queries: Queries,
  bands: readonly Masked[],
  part: { readonly keys: (scored: Scored) => Value; readonly values: Value; readonly size: string },
): RecentPart => ({
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
    const array = declareArrays(layer, stretch);
    if (seen.kind === "by-all")
      settled.push(format.emit(tape, { queries: queries[seen.band]!, gate: shared.gate(seen.gate), array }));
    else {
      const keys = ({ label }: Scored): Value => array("keys", label);
      recent.push(underMasks(layer, queries, seen.bands, { keys, values: array("values"), size }));
    }
  }
  return { settled: settled[0], recent };
};

/** What a layer attends to: the settled keys, and those under masks, which end with the chunk's own. */
type Parts = { readonly settled: SettledPart | undefined; readonly recent: readonly RecentPart[] };

/** The parts as few queries attend to them: the pairs that are open stand in one mask for all layers. */
const jointParts = ({ own }: Layer, { settled, recent }: Parts): JointParts => {
  const { mask, lengths, open } = own.joint(settled);
  return {
    parts: [
      ...(settled === undefined ? [] : [settled]),
      ...recent.map(({ bands, values }, index) => ({
        kind: "bands" as const,
        values,
        bands: bands.map(({ queries, keys }, band) => ({ queries, keys, open: open[index]![band] })),
      })),
    ],
    mask,
    lengths,
    ...(own.group.softcap !== undefined && { softcap: own.group.softcap }),
  };
};

/** Keys or values of several parts, one behind the other: [numKvHeads, keys, headDim], or as they are if it is one part's. */
const emitJoinedRows = (tape: Tape, all: readonly Value[]): Value => {
  if (all.length === 1) return all[0]!;
  const byHead = all.map((rows) =>
    rows.dims!.length === 4 ? tape.op("Squeeze", [rows, tape.constant("int64", [1], [0])]) : rows,
  );
  return tape.op("Concat", byHead, { axis: 1 });
};

/** The parts as many queries attend to them, one for each band: its keys are joined, which are shorter than rows of scores. */
const bandParts = (tape: Tape, bands: readonly BandMask[], { settled, recent }: Parts): Parts => ({
  settled,
  recent: bands.map(({ members, mask }): RecentPart => {
    const rows = (of: (part: RecentPart, band: number) => Value): Value =>
      emitJoinedRows(
        tape,
        members.map(({ part, band, range }) => {
          const all = of(recent[part]!, band);
          return range === undefined ? all : emitRange(tape, all, all.dims!.length - 2, range);
        }),
      );
    const { part, band } = members[0]!;
    const { queries } = recent[part]!.bands[band]!;
    const keys = rows((each, at) => each.bands[at]!.keys);
    return { bands: [{ queries, keys, mask }], values: rows(({ values }) => values) };
  }),
});

/** The result of attention over all parts. If a measure is asked for, it becomes an output of the graph. */
const emitAttended = (layer: Layer, found: Parts): Value => {
  const { tape, shared, own, index, measure } = layer;
  const { few } = shared;
  const parts = { ...found, lengths: own.recentLengths, softcap: own.group.softcap };
  const allHeads = (at: Tape) => (measure ? emitMeasuredAttention(at, measure, parts) : [emitAttention(at, parts)]);
  const decided = (): readonly Value[] => {
    const joined = jointParts(layer, found);
    const bands = measure ? [] : own.bands();
    const byHead = (at: Tape) =>
      measure
        ? emitMeasuredAttentionByHead(at, measure, parts)
        : [emitAttentionByHead(at, { ...parts, ...bandParts(at, bands, found) })];
    const joint = (at: Tape) =>
      measure ? emitMeasuredJointAttention(at, measure, joined) : [emitJointAttention(at, joined)];
    return tape.branch(few!, { whenTrue: joint, whenFalse: byHead });
  };
  const [attended, measured] = few === undefined ? allHeads(tape) : decided();
  if (measured !== undefined) tape.output(decoderOutputs.attentions(index), { ...measured, type: "float32" });
  return attended!;
};

/** The attention of layer `index`. */
export const attendIn =
  (layer: Layer): Attend =>
  (projected) => {
    const { tape, shared } = layer;
    const { layout } = layer.own;
    const group = (heads: Value): Value => emitGroupHeads(tape, shared.heads, heads);
    const { queries, keys, values } = rotatedIn(layer, projected, group);
    const { settled, recent } = cachedParts(layer, queries);
    const own = underMasks(layer, queries, layout.own, {
      keys: ({ rotation }) => keys[rotation]!,
      values,
      size: "seqLen",
    });
    return emitUngroup(tape, shared.heads, emitAttended(layer, { settled, recent: [...recent, own] }));
  };
