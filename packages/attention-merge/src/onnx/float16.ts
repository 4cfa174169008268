/**
 * Products of float16 whose sums are float32, whatever the provider sums in.
 *
 *   A B = Σ_b float32(A[:, b] B[b, :])      over tiles b of at most a few hundred of the inner axis
 *
 * ONNX Runtime's WebGPU provider sums a product of float16 in float16. There 1 + ε is 1 for ε < 2^-11: a sum of many terms of
 * like size stops growing, at 8,192 keys at a quarter of what it should be. Within a tile it is right, tiles are summed up in
 * float32.
 */
import { typeCode, type RecordOptions, type Tape, type Value } from "@ropewalk/graph";
import { shape } from "./shape.ts";

/** x in another type; x itself where it has it. */
export const emitCast = (tape: Tape, x: Value, type: "float32" | "float16", options?: RecordOptions): Value =>
  x.type === type ? x : tape.op("Cast", [x], { to: typeCode(type) }, options);

/** A product of a in float32, [..., rows, inner], and b in float16, [..., inner, columns], without tiles: in float32. */
export const emitShortProduct = (tape: Tape, a: Value, b: Value): Value =>
  emitCast(tape, tape.op("MatMul", [emitCast(tape, a, "float16"), b]), "float32");

/**
 * The same in tiles, of which the inner axis must have a whole number.
 *
 * @param a - float32 [..., rows, inner]
 * @param b - float16 [..., inner, columns], `columns` known
 * @returns float32 [..., rows, columns]
 */
export const emitLongProduct = (tape: Tape, tile: number, a: Value, b: Value): Value => {
  const [rank, depth] = [a.dims!.length, b.dims!.length];
  // 0 leaves an axis as it is.
  const same = (count: number): readonly number[] => Array.from({ length: count }, () => 0);
  const rows = tape.op("Reshape", [emitCast(tape, a, "float16"), shape(tape, ...same(rank - 1), -1, tile)]);
  const leading = Array.from({ length: rank - 2 }, (_, axis) => axis);
  const rowTiles = tape.op("Transpose", [rows], { perm: [...leading, rank - 1, rank - 2, rank] });
  const tiles = tape.op("Reshape", [b, shape(tape, ...same(depth - 2), -1, tile, b.dims!.at(-1) as number)]);
  const sums = emitShortProduct(tape, rowTiles, tiles);
  return tape.op("ReduceSum", [sums, shape(tape, rank - 2)], { keepdims: 0 });
};
