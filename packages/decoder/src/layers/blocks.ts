/**
 * Matrices in blocks, read without being unpacked:
 *
 *   W[o, b B + k] = scale[o, b] (q[o, b B + k] - z) + offset[b, o],        z = 2^(bits - 1)
 *
 *   y[o] = Σ x W  =  MatMulNBits(x, q, scale)[o] + Σ over b of (Σ over k of x[b B + k]) offset[b, o]
 */
import type { Tape, Value } from "@ropewalk/graph";
import type { BlocksLocation } from "./stored-weights.ts";

type Matrix = {
  readonly elements: Value;
  readonly scales: Value;
  readonly offsets: Value | undefined;
  readonly numBlocks: number;
};

const matrixIn = (
  tape: Tape,
  { bits, blockSize, elements, scales, offsets }: BlocksLocation,
  name: string,
  [out, inner]: readonly number[],
): Matrix => {
  const numBlocks = Math.ceil(inner! / blockSize);
  return {
    elements: tape.external(`${name}.elements`, "uint8", [out!, numBlocks, (blockSize * bits) / 8], elements),
    scales: tape.external(`${name}.scales`, "float32", [out!, numBlocks], scales),
    offsets: offsets && tape.external(`${name}.offsets`, "float32", [numBlocks, out!], offsets),
    numBlocks,
  };
};

/** The sums of x [rows, numBlocks * blockSize] over blocks: [rows, numBlocks]. */
const blockSums = (tape: Tape, x: Value, numBlocks: number, blockSize: number): Value => {
  const shaped = tape.op("Reshape", [x, tape.constant("int64", [3], [0, numBlocks, blockSize])]);
  return tape.op("ReduceSum", [shaped, tape.constant("int64", [1], [2])], { keepdims: 0 });
};

/** A matrix [out, in] in blocks, by its name. */
export type BlocksMatrix = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly blocks: BlocksLocation;
};

/** Values joined along an axis; a runtime joins constants once, when it loads the graph. */
export const joinedAlong = (tape: Tape, axis: number, values: readonly Value[]): Value =>
  values.length === 1 ? values[0]! : tape.op("Concat", values, { axis });

/** Whether matrices [out, in] of one `in` are stored in blocks of one form, so that one product can read all of them. */
export const canJoinBlocks = ([first, ...others]: readonly BlocksMatrix[]): boolean => {
  const { bits, blockSize, offsets } = first!.blocks;
  return others.every(
    ({ blocks }) =>
      blocks.bits === bits &&
      blocks.blockSize === blockSize &&
      (blocks.offsets === undefined) === (offsets === undefined),
  );
};

/** x [rows, in] times the transposes of matrices [out, in] in blocks of one form: [rows, sum of out]. */
export const emitBlocksProduct = (tape: Tape, joined: readonly BlocksMatrix[], x: Value): Value => {
  const { bits, blockSize } = joined[0]!.blocks;
  const matrices = joined.map(({ blocks, name, shape }) => matrixIn(tape, blocks, name, shape));
  const { numBlocks } = matrices[0]!;
  const K = joined[0]!.shape[1]!;
  const N = joined.reduce((sum, { shape }) => sum + shape[0]!, 0);
  const rowsOf = (values: readonly Value[]): Value => joinedAlong(tape, 0, values);
  const product = tape.op(
    "MatMulNBits",
    [x, rowsOf(matrices.map(({ elements }) => elements)), rowsOf(matrices.map(({ scales }) => scales))],
    // Accuracy level 4: activations are rounded to 8 bits too, block by block, and multiplied as integers.
    { N, K, bits, block_size: blockSize, accuracy_level: 4 },
    { domain: "com.microsoft" },
  );
  const offsets = matrices.flatMap((matrix) => (matrix.offsets === undefined ? [] : [matrix.offsets]));
  if (offsets.length === 0) return product;
  const sums = blockSums(tape, x, numBlocks, blockSize);
  // The second product adds the first: one node fewer than a sum of both.
  return tape.op("Gemm", [sums, joinedAlong(tape, 1, offsets), product]);
};

/** The codes of rows as float32 [rows, numBlocks, blockSize]; of 4 bits the lower half of a byte is the first. */
const codesOf = (tape: Tape, { bits, blockSize }: BlocksLocation, numBlocks: number, bytes: Value): Value => {
  const whole = tape.op("Cast", [bytes], { to: 1 });
  if (bits === 8) return whole;
  const number = (value: number): Value => tape.constant("float32", [1], [value]);
  const upper = tape.op("Floor", [tape.op("Mul", [whole, number(1 / 16)])]);
  const lower = tape.op("Sub", [whole, tape.op("Mul", [upper, number(16)])]);
  const last = tape.constant("int64", [1], [3]);
  const pairs = [lower, upper].map((half) => tape.op("Unsqueeze", [half, last]));
  const shape = tape.constant("int64", [3], [-1, numBlocks, blockSize]);
  return tape.op("Reshape", [tape.op("Concat", pairs, { axis: 3 }), shape]);
};

/** Rows [ids.length, in] of a table [count, in] in blocks. */
export const emitBlocksRows = (
  tape: Tape,
  blocks: BlocksLocation,
  name: string,
  shape: readonly number[],
  ids: Value,
): Value => {
  const { elements, scales, offsets, numBlocks } = matrixIn(tape, blocks, name, shape);
  const rowsOf = (table: Value, axis: number): Value => tape.op("Gather", [table, ids], { axis });
  const perBlock = (value: Value): Value => tape.op("Unsqueeze", [value, tape.constant("int64", [1], [2])]);
  const zero = tape.constant("float32", [1], [2 ** (blocks.bits - 1)]);
  const centred = tape.op("Sub", [codesOf(tape, blocks, numBlocks, rowsOf(elements, 0)), zero]);
  const scaled = tape.op("Mul", [centred, perBlock(rowsOf(scales, 0))]);
  const added =
    offsets === undefined
      ? scaled
      : tape.op("Add", [scaled, perBlock(tape.op("Transpose", [rowsOf(offsets, 1)], { perm: [1, 0] }))]);
  return tape.op("Reshape", [added, tape.constant("int64", [2], [-1, shape[1]!])]);
};
