/**
 * The inputs that several layers' attention reads, declared once and reshaped once: the scales of all layers of a graph; the
 * rotations, masks and gates of a group's layers.
 */
import { emitRepeatPerGroup, type HeadCounts, type SettledPart } from "@ropewalk/attention-merge/onnx";
import type { RecordOptions, Tape, Value } from "@ropewalk/graph";
import { emitRotaryEmbedding } from "@ropewalk/rope/onnx";
import type { DecoderRope, ExtendedGroup } from "@ropewalk/context-extension";
import { cacheFormatOf } from "../cache/formats/index.ts";
import type { ExtendedDecoder } from "../extend-decoder.ts";
import { cacheLayout, type CacheLayout } from "../cache/cache-layout.ts";
import { decoderInputs, sizeName } from "../graph-interface.ts";
import { bandMasks, type BandMask } from "./band-masks.ts";
import { jointMasks, type JointMasks } from "./joint-masks.ts";

/** Rotates heads [1, heads, seqLen, headDim] by the positions that a band gives to the chunk's queries, or to its keys. */
export type Turn = (tape: Tape, band: number, side: "query" | "key", heads: Value, options?: RecordOptions) => Value;

export type SharedInputs = {
  readonly heads: HeadCounts;
  /** [numLayers, seqLen, 1] */
  readonly queryScale: Value;
  /** [group * seqLen, keyLen]; declared when the first layer asks for it. */
  readonly mask: (name: string, keyLen: string) => Value;
  /** [1]; declared when the first layer asks for it. */
  readonly gate: (name: string) => Value;
  /** bool: whether the chunk is short enough to attend with all heads at once; undefined if all chunks do. */
  readonly few: Value | undefined;
};

/** The rotations that the layers of one group share. */
export type GroupRotations = {
  readonly group: ExtendedGroup;
  /** The group's place among all. */
  readonly place: number;
  /** How the tokens before the chunk are kept. */
  readonly layout: CacheLayout;
  /** undefined if the group has no rotation. */
  readonly turn: Turn | undefined;
};

/** The inputs that the layers of one group share where attention is recorded as operators. */
export type GroupInputs = GroupRotations & {
  /** [parts] int64 */
  readonly recentLengths: Value;
  /** What few queries attend under; recorded when the first layer asks for it. @param settled - the settled part of any layer */
  readonly joint: (settled: SettledPart | undefined) => JointMasks;
  /** What many queries attend under; recorded when the first layer asks for it. */
  readonly bands: () => readonly BandMask[];
};

/** @param few - "always" if chunks of every length attend with all heads at once; absent: the graph decides by the chunk's length */
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

/** Declares the tables of every band, [1, seqLen, rotaryDim / 2], and gives the rotation by them. */
const declareRotations = (tape: Tape, heads: HeadCounts, rope: DecoderRope, bands: number, place: number): Turn => {
  const { rotaryDim, layout } = rope;
  const { headDim } = heads;
  const tables = (band: number, side: "query" | "key"): readonly Value[] =>
    (["cos", "sin"] as const).map((part) => {
      const rows = tape.input(decoderInputs.rotation(place, band, side, part), "float32", ["seqLen", rotaryDim / 2]);
      return tape.op("Unsqueeze", [rows, tape.constant("int64", [1], [0])]);
    });
  const declared = Array.from({ length: bands }, (_, band) => ({
    query: tables(band, "query"),
    key: tables(band, "key"),
  }));
  return (at, band, side, x, options) => {
    const [cos, sin] = declared[band]![side];
    const numHeads = side === "query" ? heads.numHeads : heads.numKvHeads;
    return emitRotaryEmbedding(at, { layout, numHeads, headDim, rotaryDim }, x, cos!, sin!, options);
  };
};

/** The layout of the group at `place`, and the inputs of its rotations. */
export const declareGroupRotations = (
  tape: Tape,
  { heads }: Pick<SharedInputs, "heads">,
  extended: ExtendedDecoder,
  place: number,
): GroupRotations => {
  const group = extended.groups[place]!;
  const layout = cacheLayout(extended, place);
  const turn = group.rope && declareRotations(tape, heads, group.rope, group.positions.bands.length, place);
  return { group, place, layout, turn };
};

/** The inputs of the group at `place`. */
export const declareGroup = (
  tape: Tape,
  shared: SharedInputs,
  extended: ExtendedDecoder,
  place: number,
): GroupInputs => {
  const rotations = declareGroupRotations(tape, shared, extended, place);
  const { layout } = rotations;
  const recentLengths = tape.input(decoderInputs.recentLengths(place), "int64", [sizeName(place, "parts")]);
  let joint: JointMasks | undefined;
  let bands: readonly BandMask[] | undefined;
  return {
    ...rotations,
    recentLengths,
    joint: (settled) => (joint ??= jointMasks(tape, shared, shared.few!, { layout, recentLengths }, settled)),
    bands: () => (bands ??= bandMasks(tape, shared, shared.few!, layout)),
  };
};
