/**
 * One layer's attention under an extension: project, scale, rotate once a band, attend over the cache and the chunk.
 *
 * A key is rotated here once for good; the graph gives it back in every band's rotation and never rotates a cached one.
 */
import {
  emitAttention,
  emitGroupQueries,
  emitUngroup,
  type Part,
  type VisiblePart,
} from "@ropewalk/attention-merge/onnx";
import type { Tape, Value } from "@ropewalk/graph";
import { emitRotate } from "@ropewalk/rope/onnx";
import { match } from "ts-pattern";
import type { Attend } from "./decoder.ts";
import type { ExtendedDecoder } from "./extend.ts";
import { inputs, outputs } from "./interface.ts";
import type { SharedInputs } from "./shared-inputs.ts";

type Layer = {
  readonly tape: Tape;
  readonly extended: ExtendedDecoder;
  readonly shared: SharedInputs;
  readonly index: number;
};

/** Queries in each band's rotation, near to far: [numKvHeads, group * seqLen, headDim] each. */
type Queries = readonly Value[];

/** Rows of the cache: [keyLen, numKvHeads, headDim]. */
const cachedRows = ({ tape, shared: { heads } }: Layer, name: string, keyLen: string): Value =>
  tape.input(name, "float32", [keyLen, heads.numKvHeads, heads.headDim]);

/** The long stretch that every query sees in the outermost rotation, head by head. */
const settledPart = ({ tape, shared: { heads, gate }, index }: Layer, queries: Queries): VisiblePart => {
  const byHead = (name: string): Value => tape.input(name, "float32", [heads.numKvHeads, "settledLen", heads.headDim]);
  return {
    kind: "visible",
    layout: "heads",
    queries: queries.at(-1)!,
    keys: byHead(inputs.settledKeys(index)),
    values: byHead(inputs.settledValues(index)),
    gate: gate(inputs.settledGate),
  };
};

/** Seen by every query in the outermost rotation too, but not settled yet. */
const tailPart = (layer: Layer, queries: Queries): Part => ({
  kind: "visible",
  layout: "rows",
  queries: queries.at(-1)!,
  keys: cachedRows(layer, inputs.tailKeys(layer.index), "tailLen"),
  values: cachedRows(layer, inputs.tailValues(layer.index), "tailLen"),
  gate: layer.shared.gate(inputs.tailGate),
});

/** Inside the window of the earlier queries only. */
const bandPart = (layer: Layer, queries: Queries) => ({
  layout: "rows" as const,
  queries: queries[0]!,
  keys: cachedRows(layer, inputs.bandNearKeys(layer.index), "bandLen"),
  values: cachedRows(layer, inputs.bandValues(layer.index), "bandLen"),
  mask: layer.shared.mask(inputs.bandNearMask, "bandLen"),
});

/** The same keys, far from the later queries. */
const bandFar = (layer: Layer, queries: Queries) => ({
  layout: "rows" as const,
  queries: queries.at(-1)!,
  keys: cachedRows(layer, inputs.bandFarKeys(layer.index), "bandLen"),
  mask: layer.shared.mask(inputs.bandFarMask, "bandLen"),
});

/** Inside the window of every query. */
const nearPart = (layer: Layer, queries: Queries): Part => ({
  kind: "visible",
  layout: "rows",
  queries: queries[0]!,
  keys: cachedRows(layer, inputs.nearKeys(layer.index), "nearLen"),
  values: cachedRows(layer, inputs.nearValues(layer.index), "nearLen"),
  gate: layer.shared.gate(inputs.nearGate),
});

/** The parts of the cache, in the order that `recentLengths` counts them. */
const cachedParts = (
  layer: Layer,
  queries: Queries,
): { readonly settled?: VisiblePart; readonly recent: readonly Part[] } =>
  match(layer.extended.layout)
    .with({ kind: "everything" }, () => ({
      settled: settledPart(layer, queries),
      recent: [tailPart(layer, queries)],
    }))
    .with({ kind: "window" }, () => ({
      recent: [{ kind: "masked" as const, ...bandPart(layer, queries) }, nearPart(layer, queries)],
    }))
    .with({ kind: "near-far" }, () => {
      const { values, ...near } = bandPart(layer, queries);
      const band: Part = { kind: "either", layout: "rows", near, far: bandFar(layer, queries), values };
      return {
        settled: settledPart(layer, queries),
        recent: [tailPart(layer, queries), band, nearPart(layer, queries)],
      };
    })
    .exhaustive();

/** The attention of layer `index`. */
export const attendIn =
  (layer: Layer): Attend =>
  ({ query, key, value }) => {
    const { tape, extended, shared, index } = layer;
    const { heads, rotations } = shared;
    const { layout, rotaryDim } = extended.decoder.rope;
    const rotary = { layout, headDim: heads.headDim, rotaryDim };
    const rows = (x: Value): Value =>
      tape.op("Reshape", [x, tape.constant("int64", [3], [-1, heads.numKvHeads, heads.headDim])]);

    const scale = tape.op("Gather", [shared.queryScale, tape.constant("int64", [], [index])], { axis: 0 });
    const grouped = emitGroupQueries(tape, heads, tape.op("Mul", [query, scale]));
    const queries = rotations.map(({ query: { cos, sin } }) => emitRotate(tape, rotary, grouped, cos, sin));
    const keyRows = rows(key);
    const keys = rotations.map(({ key: { cos, sin } }, band) =>
      tape.output(outputs.newKeys(index, band), emitRotate(tape, rotary, keyRows, cos, sin)),
    );
    const values = tape.output(outputs.newValues(index), rows(value));

    const { settled, recent } = cachedParts(layer, queries);
    const own: Part = {
      kind: "masked",
      layout: "rows",
      queries: queries[0]!,
      keys: keys[0]!,
      values,
      mask: shared.mask(inputs.causalMask, "seqLen"),
    };
    const attended = emitAttention(tape, { settled, recent: [...recent, own], lengths: shared.recentLengths });
    return emitUngroup(tape, heads, attended);
  };
