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
import { canJoinBlocks, emitBlocksProduct, emitBlocksRows, joinedAlong } from "./blocks.ts";
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
  /**
   * x [rows, in] times several matrices in one product: their results side by side, [rows, sum of out]. undefined if they are to be
   * multiplied one by one: matrices that are learned, that have adapters, or that are stored in different forms.
   */
  readonly joinedProduct: (tape: Tape, names: readonly string[], x: Value) => Value | undefined;
};

type Shapes = Readonly<Record<string, readonly number[]>>;

// The transpose of a stored weight is computed once, when the session loads. This is fastest for one row and for many, but it needs a
// copy in memory.
const emitDenseProduct = (tape: Tape, matrix: Value, x: Value): Value =>
  tape.op("MatMul", [x, tape.op("Transpose", [matrix], { perm: [1, 0] })]);

/**
 * Weights that are all dense, each multiplied by itself.
 *
 * @param tensor - a tensor in float32
 */
export const denseWeights = (tensor: StoredWeights["tensor"]): StoredWeights => ({
  tensor,
  rows: (tape, name, ids) => tape.op("Gather", [tensor(tape, name), ids], { axis: 0 }),
  product: (tape, name, x) => emitDenseProduct(tape, tensor(tape, name), x),
  joinedProduct: () => undefined,
});

/** How many terms a product in float16 may sum before the error of the sum clearly exceeds the rounding of float16. */
const longestSum = 512;

/** The largest divisor of `inner` that is no more than the longest sum. */
const sumOf = (inner: number): number => {
  for (let size = Math.min(inner, longestSum); ; size--) if (inner % size === 0) return size;
};

/** The product of x in float32 with a matrix [out, in] in float16. */
const emitHalfProduct = (tape: Tape, half: Value, x: Value): Value => {
  const matrix = tape.op("Transpose", [half], { perm: [1, 0] });
  const inner = matrix.dims![0] as number;
  const sum = sumOf(inner);
  return sum === inner ? emitShortProduct(tape, x, matrix) : emitLongProduct(tape, sum, x, matrix);
};

/** How dense matrices of one type are looked up and multiplied. */
type DenseForm = {
  readonly tensor: StoredWeights["tensor"];
  readonly rows: StoredWeights["rows"];
  /** x [rows, in] times the transpose of a matrix [out, in]. */
  readonly product: (tape: Tape, matrix: Value, x: Value) => Value;
};

const wholeForm = (tensor: StoredWeights["tensor"]): DenseForm => ({
  tensor,
  rows: denseWeights(tensor).rows,
  product: emitDenseProduct,
});

/** Lookups and products read float16. @param half - a tensor in float16 */
const halfForm = (half: StoredWeights["tensor"]): DenseForm => ({
  tensor: half,
  rows: (tape, name, ids) => emitCast(tape, tape.op("Gather", [half(tape, name), ids], { axis: 0 }), "float32"),
  product: emitHalfProduct,
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
  const whole = inType("float32");
  const dense = precision === "float16" ? halfForm(inType("float16")) : wholeForm(whole);
  const matrixOf = (name: string) => ({ name, shape: shapes[name]!, blocks: locateBlocks?.(name) });
  const multiplied = (tape: Tape, names: readonly string[], x: Value): Value | undefined => {
    const matrices = names.map(matrixOf);
    const inBlocks = matrices.flatMap(({ blocks, ...matrix }) => (blocks === undefined ? [] : [{ ...matrix, blocks }]));
    if (inBlocks.length === 0) {
      const rows = joinedAlong(
        tape,
        0,
        names.map((name) => dense.tensor(tape, name)),
      );
      return dense.product(tape, rows, x);
    }
    return inBlocks.length === names.length && canJoinBlocks(inBlocks)
      ? emitBlocksProduct(tape, inBlocks, x)
      : undefined;
  };
  const weights: StoredWeights = {
    tensor: whole,
    // Only the rows that are looked up are cast to float32; the table stays in its stored type.
    rows: (tape, name, ids) => {
      const blocks = locateBlocks?.(name);
      if (blocks?.isTable) return emitBlocksRows(tape, blocks, name, shapes[name]!, ids);
      return operators === "plain"
        ? dense.rows(tape, name, ids)
        : emitCast(tape, tape.op("Gather", [stored(tape, name), ids], { axis: 0 }), "float32");
    },
    product: (tape, name, x) => multiplied(tape, [name], x)!,
    joinedProduct: multiplied,
  };
  if (lowRank === undefined) return weights;
  return withLowRank(weights, (tape, name) => {
    const found = lowRank(name);
    return found && constantLowRank(tape, name, shapes[name]!, found);
  });
};
