/**
 * What the attention of many layers reads, declared once and brought into shape once: scales for all layers of a graph, rotations, masks
 * and gates for those of a group.
 */
import { emitRepeatPerGroup, type HeadCounts } from "@ropewalk/attention-merge/onnx";
import type { RecordOptions, Tape, Value } from "@ropewalk/graph";
import { emitRotaryEmbedding } from "@ropewalk/rope/onnx";
import type { DecoderRope, ExtendedGroup } from "@ropewalk/context-extension";
import { cacheFormatOf } from "../cache/formats/index.ts";
import type { ExtendedDecoder } from "../extend-decoder.ts";
import { cacheLayout, type CacheLayout } from "../cache/cache-layout.ts";
import { decoderInputs, sizeName } from "../graph-interface.ts";

/** Rotates heads [1, numKvHeads, rows, headDim] to where a band has the chunk's queries, or its keys. */
export type Turn = (tape: Tape, band: number, side: "query" | "key", heads: Value, options?: RecordOptions) => Value;

export type SharedInputs = {
  readonly heads: HeadCounts;
  /** [numLayers, seqLen, 1] */
  readonly queryScale: Value;
  /** [group * seqLen, keyLen]; declared when the first layer asks. */
  readonly mask: (name: string, keyLen: string) => Value;
  /** [1]; declared when the first layer asks. */
  readonly gate: (name: string) => Value;
  /** bool: whether the chunk's tokens are few enough for all heads at once; undefined where they always are. */
  readonly few: Value | undefined;
};

/** Of one group. */
export type GroupInputs = {
  readonly group: ExtendedGroup;
  /** The group's place among all. */
  readonly place: number;
  /** What is kept of the tokens before the chunk. */
  readonly layout: CacheLayout;
  /** undefined: nothing rotates. */
  readonly turn: Turn | undefined;
  /** [parts] int64 */
  readonly recentLengths: Value;
};

/** @param few - whether the chunk's tokens are few, where the graph does not have to ask */
export const declareShared = (tape: Tape, extended: ExtendedDecoder, ids: Value, few?: "always"): SharedInputs => {
  const { numHeads, numKvHeads, headDim, numLayers } = extended.decoder;
  const heads: HeadCounts = { numHeads, numKvHeads, headDim };
  const declared = new Map<string, Value>();
  const first = (name: string, declare: () => Value): Value =>
    declared.get(name) ?? declared.set(name, declare()).get(name)!;
  return {
    heads,
    queryScale: tape.input(decoderInputs.queryScale, "float32", [numLayers, "seqLen", 1]),
    mask: (name, keyLen) =>
      first(name, () => emitRepeatPerGroup(tape, heads, tape.input(name, "float32", ["seqLen", keyLen]))),
    gate: (name) => first(name, () => tape.input(name, "float32", [1])),
    few:
      few === "always"
        ? undefined
        : tape.op("LessOrEqual", [
            tape.op("Squeeze", [tape.op("Shape", [ids])]),
            tape.constant("int64", [], [cacheFormatOf(extended).fewTokens]),
          ]),
  };
};

/** Tables of every band, the queries' [1, group * seqLen, rotaryDim / 2] and the keys' [1, seqLen, rotaryDim / 2], and what turns by them. */
const declareRotations = (tape: Tape, heads: HeadCounts, rope: DecoderRope, bands: number, place: number): Turn => {
  const { rotaryDim, layout } = rope;
  const { numKvHeads, headDim } = heads;
  const tables = (band: number, side: "query" | "key"): readonly Value[] =>
    (["cos", "sin"] as const).map((part) => {
      const rows = tape.input(decoderInputs.rotation(place, band, side, part), "float32", ["seqLen", rotaryDim / 2]);
      const shaped = side === "query" ? emitRepeatPerGroup(tape, heads, rows) : rows;
      return tape.op("Unsqueeze", [shaped, tape.constant("int64", [1], [0])]);
    });
  const declared = Array.from({ length: bands }, (_, band) => ({
    query: tables(band, "query"),
    key: tables(band, "key"),
  }));
  return (at, band, side, x, options) => {
    const [cos, sin] = declared[band]![side];
    return emitRotaryEmbedding(at, { layout, numHeads: numKvHeads, headDim, rotaryDim }, x, cos!, sin!, options);
  };
};

/** The inputs of the group at `place`. */
export const declareGroup = (
  tape: Tape,
  { heads }: SharedInputs,
  extended: ExtendedDecoder,
  place: number,
): GroupInputs => {
  const group = extended.groups[place]!;
  return {
    group,
    place,
    layout: cacheLayout(extended, place),
    turn: group.rope && declareRotations(tape, heads, group.rope, group.positions.bands.length, place),
    recentLengths: tape.input(decoderInputs.recentLengths(place), "int64", [sizeName(place, "parts")]),
  };
};
