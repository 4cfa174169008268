/** What every layer's attention reads, declared once a graph and brought into shape once: rotations, masks, gates. */
import { emitTile, type HeadCounts } from "@ropewalk/attention-merge/onnx";
import type { Tape, Value } from "@ropewalk/graph";
import type { CachePrecision, ExtendedDecoder } from "./extend.ts";
import { inputs } from "./interface.ts";

export type Rotation = { readonly cos: Value; readonly sin: Value };

export type SharedInputs = {
  readonly heads: HeadCounts;
  /** [numLayers, seqLen, 1] */
  readonly queryScale: Value;
  /** Per band: the queries' rotation [1, group * seqLen, rotaryDim / 2], the keys' [1, seqLen, rotaryDim / 2]. */
  readonly rotations: readonly { readonly query: Rotation; readonly key: Rotation }[];
  /** [group * seqLen, keyLen]; declared when the first layer asks. */
  readonly mask: (name: string, keyLen: string) => Value;
  /** [1]; declared when the first layer asks. */
  readonly gate: (name: string) => Value;
  /** bool: whether the chunk's tokens are few enough for all heads at once; undefined where they always are. */
  readonly few: Value | undefined;
  /** [parts] int64 */
  readonly recentLengths: Value;
};

/**
 * Chunks up to this length attend with all heads at once, longer ones head after head: below it the nodes of many small products
 * cost more than the memory that scores go through. Integer products are for one query.
 */
const fewTokens: Readonly<Record<CachePrecision, number>> = { float32: 32, float16: 32, q8: 1 };

/** @param few - whether the chunk's tokens are few, where the graph does not have to ask */
export const declareShared = (
  tape: Tape,
  { decoder, positions, cache }: ExtendedDecoder,
  ids: Value,
  few?: "always",
): SharedInputs => {
  const { numHeads, numKvHeads, headDim, numLayers, rope } = decoder;
  const heads: HeadCounts = { numHeads, numKvHeads, headDim };
  const declared = new Map<string, Value>();
  const first = (name: string, declare: () => Value): Value =>
    declared.get(name) ?? declared.set(name, declare()).get(name)!;
  const rotation = (band: number, side: "query" | "key", shape: (table: Value) => Value): Rotation => {
    const table = (part: "cos" | "sin"): Value => {
      const rows = tape.input(inputs.rotation(band, side, part), "float32", ["seqLen", rope.rotaryDim / 2]);
      return tape.op("Unsqueeze", [shape(rows), tape.constant("int64", [1], [0])]);
    };
    return { cos: table("cos"), sin: table("sin") };
  };
  return {
    heads,
    queryScale: tape.input(inputs.queryScale, "float32", [numLayers, "seqLen", 1]),
    rotations: positions.bands.map((_, band) => ({
      query: rotation(band, "query", (table) => emitTile(tape, heads, table)),
      key: rotation(band, "key", (table) => table),
    })),
    mask: (name, keyLen) => first(name, () => emitTile(tape, heads, tape.input(name, "float32", ["seqLen", keyLen]))),
    gate: (name) => first(name, () => tape.input(name, "float32", [1])),
    few:
      few === "always"
        ? undefined
        : tape.op("LessOrEqual", [
            tape.op("Squeeze", [tape.op("Shape", [ids])]),
            tape.constant("int64", [], [fewTokens[cache]]),
          ]),
    recentLengths: tape.input(inputs.recentLengths, "int64", ["parts"]),
  };
};
