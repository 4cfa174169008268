/**
 * One layer's attention as every form of it is understood: what goes in before rotation, what comes out, and the numbers.
 * Values are known by name, so that a site can be written down with the model.
 */
import type { RotaryLayout } from "@ropewalk/rope";

/**
 * How a tensor of queries, keys or values lies.
 *
 *   rows    [batch, seqLen, numHeads * headDim]
 *   heads   [batch, numHeads, seqLen, headDim]
 */
export type TensorLayout = "rows" | "heads";

export type HeadsTensor = { readonly name: string; readonly layout: TensorLayout };

/** Queries, keys and values before rotation: each by itself, or side by side in one tensor of rows, in this order. */
export type Projections =
  | { readonly kind: "packed"; readonly name: string }
  | { readonly kind: "separate"; readonly query: HeadsTensor; readonly key: HeadsTensor; readonly value: HeadsTensor };

/** Norms of each head before it rotates: x w / sqrt(mean(x²) + epsilon), with weights [headDim] by their names. */
export type HeadNorms = { readonly query: string; readonly key: string; readonly epsilon: number };

export type AttentionMatch = {
  /** The node that attends, for messages. */
  readonly node: string;
  readonly projections: Projections;
  /** Absent: the node norms no heads. */
  readonly headNorms?: HeadNorms;
  /** Keys and values of past tokens, inputs of the graph: [batch, numKvHeads, pastLen, headDim]. */
  readonly past: { readonly key: string; readonly value: string };
  /** The same with the new tokens behind them. */
  readonly present: { readonly key: string; readonly value: string };
  readonly output: HeadsTensor;
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly headDim: number;
  /** How many of a head's dimensions rotate; 0: nothing does, and the layout is without effect. */
  readonly rotaryDim: number;
  readonly layout: RotaryLayout;
  /** Multiplies the scores. */
  readonly scale: number;
  /** Scores become softcap * tanh(scores / softcap); 0: as they are. */
  readonly softcap: number;
  /** How many keys back a query sees, itself among them; absent: all of them. */
  readonly window?: number;
  /** The type of queries, keys, values and the cache. */
  readonly type: "float32" | "float16";
};
