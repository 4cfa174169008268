/**
 * A checkpoint's tensors in a graph, each read in the form that it is stored in. Results are float32.
 *
 *   dense      W, widened to float32 if it is stored in fewer bits; with precision float16, products and lookups read it in float16
 *   blocks     W[o, b B + k] = scale[o, b] (q[o, b B + k] - 2^(bits - 1)) + offset[b, o]        B elements of a row share a scale
 *
 * Offsets, where there are any, are taken out of the product: x Wᵀ is the product with the first term, and the sum of x over each block times
 * its offset. That is exact, and takes two nodes more.
 *
 * A matrix that is stored in blocks is never unpacked: the product reads the blocks. An adapter can be added to both.
 */
import { emitCast, emitLongProduct, emitShortProduct } from "@ropewalk/attention-merge/onnx";
import { type FilePlace, type Tape, type Value } from "@ropewalk/graph";
import { emitBlocksProduct, emitBlocksRows } from "./blocks.ts";
import { constantLowRank, withLowRank, type LowRank } from "./low-rank.ts";
import type { Operators } from "../operators.ts";

/** How the elements of a dense tensor are stored. */
export type WeightType = "float32" | "float16" | "bfloat16";

/** Where a dense tensor's bytes lie (a file, an offset from its start and a length, in bytes), and their type. */
export type WeightLocation = FilePlace & { readonly type: WeightType };

/** Where the parts of a block-quantized matrix [out, in] lie. */
export type BlocksLocation = {
  readonly bits: 4 | 8;
  /** How many elements of a row share a scale. */
  readonly blockSize: number;
  /** [out, blocks of a row, blockSize * bits / 8] unsigned bytes; with 4 bits, the lower half of a byte comes first. */
  readonly elements: FilePlace;
  /** [out, blocks of a row] float32. */
  readonly scales: FilePlace;
  /** [blocks of a row, out] float32, added to every element of a block; absent: nothing is. */
  readonly offsets?: FilePlace;
  /** Whether ids are looked up in the blocks, because there is no dense table beside them. */
  readonly isTable?: true;
};

/** The type in which products read dense weights. */
export type ProductPrecision = "float32" | "float16";

export type WeightSource = {
  /** Where a dense tensor lies. */
  readonly locate: (name: string) => WeightLocation;
  /** Where a matrix in blocks lies; undefined for a dense matrix. */
  readonly locateBlocks?: (name: string) => BlocksLocation | undefined;
  /** The adapter of a matrix; undefined if it has none. */
  readonly lowRank?: (name: string) => LowRank | undefined;
};

/** The checkpoint's tensors, as families read them when they record. */
export type StoredWeights = {
  /** A whole tensor. */
  readonly tensor: (tape: Tape, name: string) => Value;
  /** Rows [ids.length, in] of a table [count, in]. */
  readonly rows: (tape: Tape, name: string, ids: Value) => Value;
  /** x [rows, in] times the transpose of a matrix [out, in]: [rows, out]. */
  readonly product: (tape: Tape, name: string, x: Value) => Value;
};

type Shapes = Readonly<Record<string, readonly number[]>>;

/**
 * Weights that are all dense.
 *
 * @param tensor - a tensor in float32
 */
export const denseWeights = (tensor: StoredWeights["tensor"]): StoredWeights => ({
  tensor,
  rows: (tape, name, ids) => tape.op("Gather", [tensor(tape, name), ids], { axis: 0 }),
  // The transpose of a stored weight is computed once, when the session loads. This is fastest for one row and for many, but it
  // needs a copy in memory.
  product: (tape, name, x) => tape.op("MatMul", [x, tape.op("Transpose", [tensor(tape, name)], { perm: [1, 0] })]),
});

/** How many terms a product in float16 may sum before the error of the sum clearly exceeds the rounding of float16. */
const longestSum = 512;

/** The largest divisor of `inner` that is no more than the longest sum. */
const sumOf = (inner: number): number => {
  for (let size = Math.min(inner, longestSum); ; size--) if (inner % size === 0) return size;
};

/** Weights that are all dense, read in float16 by lookups and products. @param half - a tensor in float16 */
const halfWeights = (half: StoredWeights["tensor"]): Omit<StoredWeights, "tensor"> => ({
  rows: (tape, name, ids) => emitCast(tape, tape.op("Gather", [half(tape, name), ids], { axis: 0 }), "float32"),
  product: (tape, name, x) => {
    const matrix = tape.op("Transpose", [half(tape, name)], { perm: [1, 0] });
    const inner = matrix.dims![0] as number;
    const sum = sumOf(inner);
    return sum === inner ? emitShortProduct(tape, x, matrix) : emitLongProduct(tape, sum, x, matrix);
  },
});

/**
 * The tensors of a checkpoint, each read in the form in which it is stored.
 *
 * @param shapes - of every tensor that is read, by name
 * @param operators - with "plain", a table is widened as a whole when the session loads
 * @param precision - the type in which products with dense weights, and lookups, read; weights of norms and biases are float32
 */
export const storedWeights = (
  shapes: Shapes,
  { locate, locateBlocks, lowRank }: WeightSource,
  operators: Operators = "all",
  precision: ProductPrecision = "float32",
): StoredWeights => {
  const stored = (tape: Tape, name: string): Value => {
    const { type, ...place } = locate(name);
    return tape.external(name, type, shapes[name]!, place);
  };
  // A tensor is cast once to each type, however many layers read it.
  const inType = (type: ProductPrecision): StoredWeights["tensor"] => {
    const copies = new Map<string, Value>();
    return (tape, name) => {
      const value = copies.get(name) ?? emitCast(tape, stored(tape, name), type);
      copies.set(name, value);
      return value;
    };
  };
  const whole = denseWeights(inType("float32"));
  const dense = precision === "float16" ? { ...whole, ...halfWeights(inType("float16")) } : whole;
  const weights: StoredWeights = {
    ...dense,
    // Only the rows that are looked up are cast to float32; the table stays in its stored type.
    rows: (tape, name, ids) => {
      const blocks = locateBlocks?.(name);
      if (blocks?.isTable) return emitBlocksRows(tape, blocks, name, shapes[name]!, ids);
      return operators === "plain"
        ? dense.rows(tape, name, ids)
        : emitCast(tape, tape.op("Gather", [stored(tape, name), ids], { axis: 0 }), "float32");
    },
    product: (tape, name, x) => {
      const blocks = locateBlocks?.(name);
      return blocks === undefined
        ? dense.product(tape, name, x)
        : emitBlocksProduct(tape, blocks, name, shapes[name]!, x);
    },
  };
  if (lowRank === undefined) return weights;
  return withLowRank(weights, (tape, name) => {
    const found = lowRank(name);
    return found && constantLowRank(tape, name, shapes[name]!, found);
  });
};
