/**
 * Attention over keys and values in 8 bits, by products of integers.
 *
 *   Q = a (u - 128)      u = ⌊Q / a + 128.5⌋ in 1 … 255      a = max|Q| / 127 of each row
 *   S = a (s (u · k) - 128 s Σ k)                            keys s k, with their offsets 128 s Σ k
 *   P = softmax(S)
 *   b u ≈ s P            u = ⌊s P / b + 0.5⌋ in 0 … 255      b = max(s P) / 255 of each row of each tile of keys
 *   out = Σ b (u · v)    over tiles of 128 keys              values s v
 *
 * Scores keep 8 bits of each query and key. Weights are rounded tile by tile, so that a few large weights in one tile do not round
 * the small weights of other tiles to zero. Queries are unsigned because the runtime's fastest product multiplies unsigned by signed
 * integers without zero points.
 */
import { typeCode, type Tape, type Value } from "@ropewalk/graph";
import { quantizedTile } from "../quantize.ts";
import { emitRowMax, emitSoftmaxPart, type SoftmaxPart } from "./merge.ts";
import { emitSoftcap, type Softcap } from "./scores.ts";
import { shape } from "./shape.ts";

/** The results of `quantizeKeys` and `quantizeValues`, in tiles of `quantizedTile` tokens. */
export type QuantizedKeysAndValues = {
  /** int8 [numKvHeads, tiles, headDim, tile], with scales and offsets [numKvHeads, tiles, 1, tile]. */
  readonly keys: Value;
  readonly keyScales: Value;
  readonly keyOffsets: Value;
  /** int8 [numKvHeads, tiles, tile, headDim], with scales [numKvHeads, tiles, 1, tile]. */
  readonly values: Value;
  readonly valueScales: Value;
};

type Queried = QuantizedKeysAndValues & { readonly queries: Value };

const scalar = (tape: Tape, value: number): Value => tape.constant("float32", [], [value]);

const float = (tape: Tape, x: Value): Value => tape.op("Cast", [x], { to: typeCode("float32") });

/** The step size for each row, so that the largest element has `count` steps; never 0, so that a row of zeros stays zeros. */
const steps = (tape: Tape, x: Value, count: number): Value =>
  tape.op("Max", [tape.op("Mul", [emitRowMax(tape, x), scalar(tape, 1 / count)]), scalar(tape, 1e-30)]);

/** ⌊x / step + offset⌋ as uint8. */
const rounded = (tape: Tape, x: Value, step: Value, offset: number): Value =>
  tape.op("Cast", [tape.op("Add", [tape.op("Div", [x, step]), scalar(tape, offset)])], { to: typeCode("uint8") });

/** In a shape for Reshape: keep the size of the axis. */
const same = 0;

/** [numKvHeads, tiles, rows, tile] to [1, numKvHeads, rows, keyLen]: the tiles of a row side by side. `inTiles` is the way back. */
const joined = (tape: Tape, numKvHeads: number, x: Value): Value => {
  const rows = tape.op("Transpose", [x], { perm: [0, 2, 1, 3] });
  return tape.op("Unsqueeze", [tape.op("Reshape", [rows, shape(tape, numKvHeads, same, -1)]), shape(tape, 0)]);
};

const inTiles = (tape: Tape, numKvHeads: number, x: Value): Value => {
  const rows = tape.op("Squeeze", [x, shape(tape, 0)]);
  const split = tape.op("Reshape", [rows, shape(tape, numKvHeads, same, -1, quantizedTile)]);
  return tape.op("Transpose", [split], { perm: [0, 2, 1, 3] });
};

/** Scores of few queries, each rounded by itself, against keys in 8 bits: [1, numKvHeads, rows, keyLen]. */
export const emitIntegerScores = (
  tape: Tape,
  { queries: x, keys, keyScales, keyOffsets }: Omit<Queried, "values" | "valueScales">,
  softcap?: Softcap,
): Value => {
  const [numKvHeads, , headDim] = keys.dims as readonly [number, unknown, number];
  const queries = tape.op("Reshape", [x, shape(tape, numKvHeads, 1, -1, headDim)]);
  const a = steps(tape, tape.op("Abs", [queries]), 127);
  const products = float(tape, tape.op("MatMulInteger", [rounded(tape, queries, a, 128.5), keys]));
  const tileScores = tape.op("Mul", [tape.op("Sub", [tape.op("Mul", [products, keyScales]), keyOffsets]), a]);
  return emitSoftcap(tape, softcap, joined(tape, numKvHeads, tileScores));
};

/** Probabilities [1, numKvHeads, rows, keyLen] of few queries times values in 8 bits: [1, numKvHeads, rows, headDim]. */
export const emitIntegerValues = (
  tape: Tape,
  { values, valueScales }: Pick<Queried, "values" | "valueScales">,
  probabilities: Value,
): Value => {
  const numKvHeads = values.dims![0] as number;
  const weights = tape.op("Mul", [inTiles(tape, numKvHeads, probabilities), valueScales]);
  const b = steps(tape, weights, 255);
  const sums = float(tape, tape.op("MatMulInteger", [rounded(tape, weights, b, 0.5), values]));
  const out = tape.op("ReduceSum", [tape.op("Mul", [sums, b]), shape(tape, 1)], { keepdims: 0 });
  return tape.op("Unsqueeze", [out, shape(tape, 0)]);
};

/** Attention of few queries to keys and values in 8 bits, by a softmax of its own. */
export const emitIntegerAttention = (tape: Tape, part: Queried, softcap?: Softcap): SoftmaxPart => {
  const scores = emitIntegerScores(tape, part, softcap);
  return emitSoftmaxPart(tape, scores, (probabilities) => emitIntegerValues(tape, part, probabilities));
};

/**
 * One head's tiles in float32: keys and values [keyLen, headDim], from keys [tiles, headDim, tile] and values [tiles, tile, headDim].
 */
export const emitWidened = (
  tape: Tape,
  { keys, keyScales, values, valueScales }: QuantizedKeysAndValues,
): { readonly keys: Value; readonly values: Value } => {
  const headDim = keys.dims!.at(-2) as number;
  const joinedRows = (x: Value): Value => tape.op("Reshape", [x, shape(tape, -1, headDim)]);
  const upright = tape.op("Transpose", [tape.op("Mul", [float(tape, keys), keyScales])], { perm: [0, 2, 1] });
  const perRow = tape.op("Transpose", [valueScales], { perm: [0, 2, 1] });
  return { keys: joinedRows(upright), values: joinedRows(tape.op("Mul", [float(tape, values), perRow])) };
};
