/**
 * One layer's attention under an extension: project, scale, rotate once a band, attend over the cache and the chunk.
 *
 * A key is rotated here once for good; the graph gives it back in every band's rotation and never rotates a cached one.
 */
import {
  emitAttention,
  emitGroupQueries,
  emitUngroup,
  type MaskedPart,
  type SettledPart,
} from "@ropewalk/attention-merge/onnx";
import type { Tape, Value } from "@ropewalk/graph";
import { emitRotaryEmbedding } from "@ropewalk/rope/onnx";
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

/** The long stretch that every query sees in the outermost rotation, head by head. */
const settledPart = ({ tape, shared: { heads, gate }, index }: Layer, queries: Queries): SettledPart => {
  const byHead = (name: string): Value => tape.input(name, "float32", [heads.numKvHeads, "settledLen", heads.headDim]);
  return {
    layout: "heads",
    queries: queries.at(-1)!,
    keys: byHead(inputs.settledKeys(index)),
    values: byHead(inputs.settledValues(index)),
    gate: gate(inputs.settledGate),
  };
};

/** Rows of the cache in one rotation: [keyLen, numKvHeads, headDim]. */
const rowsPart = (
  { tape, shared: { heads, mask } }: Layer,
  queries: Value,
  names: { readonly keys: string; readonly values: string; readonly mask: string; readonly keyLen: string },
): MaskedPart => {
  const rows = (name: string): Value => tape.input(name, "float32", [names.keyLen, heads.numKvHeads, heads.headDim]);
  return {
    layout: "rows",
    queries,
    keys: rows(names.keys),
    values: rows(names.values),
    mask: mask(names.mask, names.keyLen),
  };
};

/** What settles later, and with two bands the band. */
const farPart = (layer: Layer, queries: Queries): MaskedPart => {
  const [keys, values] = [inputs.farKeys(layer.index), inputs.farValues(layer.index)];
  return rowsPart(layer, queries.at(-1)!, { keys, values, mask: inputs.farMask, keyLen: "farLen" });
};

/** The band, and what is inside the window of every query. */
const nearPart = (layer: Layer, queries: Queries): MaskedPart => {
  const [keys, values] = [inputs.nearKeys(layer.index), inputs.nearValues(layer.index)];
  return rowsPart(layer, queries[0]!, { keys, values, mask: inputs.nearMask, keyLen: "nearLen" });
};

/** The parts of the cache, in the order that `recentLengths` counts them. */
const cachedParts = (
  layer: Layer,
  queries: Queries,
): { readonly settled?: SettledPart; readonly recent: readonly MaskedPart[] } =>
  match(layer.extended.layout)
    .with({ kind: "everything" }, () => ({
      settled: settledPart(layer, queries),
      recent: [farPart(layer, queries)],
    }))
    .with({ kind: "window" }, () => ({ recent: [nearPart(layer, queries)] }))
    .with({ kind: "near-far" }, () => ({
      settled: settledPart(layer, queries),
      recent: [farPart(layer, queries), nearPart(layer, queries)],
    }))
    .exhaustive();

/** The attention of layer `index`. */
export const attendIn =
  (layer: Layer): Attend =>
  ({ query, key, value }) => {
    const { tape, extended, shared, index } = layer;
    const { heads, rotations } = shared;
    const { layout, rotaryDim } = extended.decoder.rope;
    const { numKvHeads, headDim } = heads;
    const rotary = { layout, numHeads: numKvHeads, headDim, rotaryDim };
    const first = tape.constant("int64", [1], [0]);
    const shape = tape.constant("int64", [3], [-1, numKvHeads, headDim]);
    const rows = (x: Value, output: string): Value =>
      tape.output(output, tape.op("Reshape", [x, shape], {}, { output }));

    const scale = tape.op("Gather", [shared.queryScale, tape.constant("int64", [], [index])], { axis: 0 });
    const grouped = emitGroupQueries(tape, heads, tape.op("Mul", [query, scale]));
    const batched = tape.op("Unsqueeze", [grouped, first]);
    const queries = rotations.map(({ query: { cos, sin } }) =>
      tape.op("Squeeze", [emitRotaryEmbedding(tape, rotary, batched, cos, sin), first]),
    );
    const keyRows = tape.op("Unsqueeze", [key, first]);
    const keys = rotations.map(({ key: { cos, sin } }, band) =>
      rows(emitRotaryEmbedding(tape, rotary, keyRows, cos, sin), outputs.newKeys(index, band)),
    );
    const values = rows(value, outputs.newValues(index));

    const { settled, recent } = cachedParts(layer, queries);
    const own: MaskedPart = {
      layout: "rows",
      queries: queries[0]!,
      keys: keys[0]!,
      values,
      mask: shared.mask(inputs.causalMask, "seqLen"),
    };
    const attended = emitAttention(tape, { settled, recent: [...recent, own], lengths: shared.recentLengths });
    return emitUngroup(tape, heads, attended);
  };
