/**
 * The attention of one layer, in whatever form it was written: its projections before rotation, its output, and its numbers.
 * Values of the graph are named and not pointed to, so that a match can be stored in the model's metadata.
 */
import type { RotaryLayout } from "@ropewalk/rope";

/**
 * The axes of a tensor of queries, keys or values.
 *
 *   rows    [batch, seqLen, numHeads * headDim]
 *   heads   [batch, numHeads, seqLen, headDim]
 */
export type TensorLayout = "rows" | "heads";

export type HeadsTensor = { readonly name: string; readonly layout: TensorLayout };

/** Queries, keys and values before rotation: three tensors, or one tensor of rows that has them side by side in this order. */
export type Projections =
  | { readonly kind: "packed"; readonly name: string }
  | { readonly kind: "separate"; readonly query: HeadsTensor; readonly key: HeadsTensor; readonly value: HeadsTensor };

/** The norms of heads before rotation: x w / sqrt(mean(x²) + epsilon). `query` and `key` name the weights w [headDim]. */
export type HeadNorms = { readonly query: string; readonly key: string; readonly epsilon: number };

export type AttentionMatch = {
  /** The name of the node that attends, for error messages. */
  readonly node: string;
  readonly projections: Projections;
  /** Absent if the node norms no heads. */
  readonly headNorms?: HeadNorms;
  /** The graph's inputs for keys and values of past tokens, [batch, numKvHeads, pastLen, headDim]. */
  readonly past: { readonly key: string; readonly value: string };
  /** The graph's outputs for keys and values of past and new tokens, [batch, numKvHeads, totalLen, headDim]. */
  readonly present: { readonly key: string; readonly value: string };
  readonly output: HeadsTensor;
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly headDim: number;
  /** How many of a head's dimensions rotate. If 0, `layout` has no effect. */
  readonly rotaryDim: number;
  readonly layout: RotaryLayout;
  /** The factor of the scores. */
  readonly scale: number;
  /** Scores become softcap * tanh(scores / softcap). If 0, they stay as they are. */
  readonly softcap: number;
  /** How many of the last keys a query sees, its own among them. Absent: all. */
  readonly window?: number;
  /** The type of queries, keys, values and the cache. */
  readonly type: "float32" | "float16";
};
