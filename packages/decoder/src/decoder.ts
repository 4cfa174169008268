/**
 * A decoder-only transformer as a value: its numbers, the tensors it reads, and three functions that record it.
 *
 * A family (Llama, Mistral, …) is such a value. Where families differ, in a norm, a projection, the order of the
 * blocks, they pass another function: nothing below asks for a family's name.
 */
import type { RopeScaling, RotaryLayout } from "@ropewalk/rope";
import type { Tape, Value } from "@ropewalk/graph";
import type { AttentionKind } from "./attention-kind.ts";
import type { StoredWeights } from "./stored-weights.ts";

/** What a family records with: the tape, and the checkpoint's tensors by name. */
export type Builder = {
  readonly tape: Tape;
  readonly weights: StoredWeights;
};

/** The projections of one layer, before rotation: `query` [seqLen, numHeads * headDim], `key` and `value` [seqLen, numKvHeads * headDim]. */
export type Projected = { readonly query: Value; readonly key: Value; readonly value: Value };

/** Attention as the context extension has it: projections in, [seqLen, numHeads * headDim] out. */
export type Attend = (projected: Projected) => Value;

/** How a checkpoint rotates queries and keys. */
export type DecoderRope = {
  readonly theta: number;
  /** How many of the headDim dimensions rotate; even. */
  readonly rotaryDim: number;
  readonly layout: RotaryLayout;
  readonly scaling: RopeScaling;
};

/** Where attention had fewer distances in training than a config states positions. */
export type ContextLimit = {
  /** The key of the config that says so. */
  readonly by: "sliding_window" | "dual_chunk_attention_config";
  /** What it says. */
  readonly tokens: number;
  /** The positions that the config states. */
  readonly stated: number;
};

/** What a model's positions, its cache and its chunks depend on, wherever its graph comes from. */
export type DecoderSizes = {
  readonly vocabSize: number;
  readonly numLayers: number;
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly headDim: number;
  /** The window the model was trained on, in tokens: distances beyond it attention never had. */
  readonly trainedContext: number;
  /** Why `trainedContext` is less than the positions that the config states; absent where it is not. */
  readonly contextLimit?: ContextLimit;
  /** The rotation of all layers, or where they differ, of those whose positions an extension sets. */
  readonly rope: DecoderRope;
  /**
   * How many keys back a query of these layers sees, in tokens; undefined: all of them. Off where an extension sets the positions.
   */
  readonly slidingWindow: number | undefined;
  /** How each layer attends. Absent: all alike, by `rope` and `slidingWindow`. */
  readonly attention?: readonly AttentionKind[];
};

export type Decoder = DecoderSizes & {
  readonly family: string;
  readonly hiddenDim: number;
  readonly feedForwardDim: number;
  /** Every checkpoint tensor that is read, with its shape. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  /** The layers' matrices [out, in] among them: those that may be stored in blocks. */
  readonly projections: readonly string[];
  /** The table [vocabSize, hiddenDim] that tokens are looked up in. */
  readonly embedding: string;
  /** The matrix [vocabSize, hiddenDim] that logits are taken with; it may be the embedding itself. */
  readonly unembedding: string;
  /** Token ids [seqLen] to hidden states [seqLen, hiddenDim]. */
  readonly embed: (builder: Builder, ids: Value) => Value;
  /** Layer `index`: hidden states [seqLen, hiddenDim] to the same shape. */
  readonly layer: (builder: Builder, index: number, hidden: Value, attend: Attend) => Value;
  /** Hidden states [rows, hiddenDim] to logits [rows, vocabSize]; the last norm included. */
  readonly unembed: (builder: Builder, hidden: Value) => Value;
};
