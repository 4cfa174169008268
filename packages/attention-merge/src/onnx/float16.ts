/**
 * Products of float16 with sums in float32, whatever type the provider sums in.
 *
 *   A B = Σ_b float32(A[:, b] B[b, :])      over tiles b of at most a few hundred of the inner axis
 *
 * ONNX Runtime's WebGPU provider sums a product of float16 in float16, where 1 + ε is 1 for ε < 2^-11. A sum of many terms of
 * similar size stops growing: over 8,192 keys it reaches a quarter of its true value. Within a tile the sum is right, and tiles are
 * summed in float32.
 */
import { typeCode, type RecordOptions, type Tape, type Value } from "@ropewalk/graph";
import { shape } from "./shape.ts";

/** x in another type; x itself if it has that type already. */
export const emitCast = (tape: Tape, x: Value, type: "float32" | "float16", options?: RecordOptions): Value =>
  x.type === type ? x : tape.op("Cast", [x], { to: typeCode(type) }, options);

/** A product of a in float32, [..., rows, inner], and b in float16, [..., inner, columns], without tiles: in float32. */
export const emitShortProduct = (tape: Tape, a: Value, b: Value): Value =>
  emitCast(tape, tape.op("MatMul", [emitCast(tape, a, "float16"), b]), "float32");

/**
 * The product in tiles of the inner axis, whose size must be a multiple of the tile.
 *
 * @param a - float32 [..., rows, inner]
 * @param b - float16 [..., inner, columns], `columns` known
 * @returns float32 [..., rows, columns]
 */
export const emitLongProduct = (tape: Tape, tile: number, a: Value, b: Value): Value => {
  const [rank, depth] = [a.dims!.length, b.dims!.length];
  // In a shape for Reshape, 0 keeps the size of an axis.
  const same = (count: number): readonly number[] => Array.from({ length: count }, () => 0);
  const rows = tape.op("Reshape", [emitCast(tape, a, "float16"), shape(tape, ...same(rank - 1), -1, tile)]);
  const leading = Array.from({ length: rank - 2 }, (_, axis) => axis);
  const rowTiles = tape.op("Transpose", [rows], { perm: [...leading, rank - 1, rank - 2, rank] });
  const tiles = tape.op("Reshape", [b, shape(tape, ...same(depth - 2), -1, tile, b.dims!.at(-1) as number)]);
  const sums = emitShortProduct(tape, rowTiles, tiles);
  return tape.op("ReduceSum", [sums, shape(tape, rank - 2)], { keepdims: 0 });
};
