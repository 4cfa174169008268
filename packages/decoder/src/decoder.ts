/**
 * A decoder-only transformer as a value: its numbers, the tensors it reads, and three functions that record it.
 *
 * A family (Llama, Mistral, …) is such a value. Where families differ, in a norm, a projection, the order of a layer's parts, they
 * pass another function. Nothing in this package asks for a family's name.
 */
import type { ModelLayers } from "@ropewalk/context-extension";
import type { Tape, Value } from "@ropewalk/graph";
import type { StoredWeights } from "./layers/stored-weights.ts";

/** What a family records with: the tape, and the checkpoint's tensors by name. */
export type Builder = {
  readonly tape: Tape;
  readonly weights: StoredWeights;
};

/** The projections of one layer, before rotation: `query` [seqLen, numHeads * headDim], `key` and `value` [seqLen, numKvHeads * headDim]. */
export type Projected = { readonly query: Value; readonly key: Value; readonly value: Value };

/** Attention as the context extension has it: projections in, [seqLen, numHeads * headDim] out. */
export type Attend = (projected: Projected) => Value;

/** What a model's positions, its cache and its chunks depend on, wherever its graph comes from. */
export type DecoderSizes = ModelLayers & {
  readonly vocabSize: number;
  readonly numHeads: number;
  readonly numKvHeads: number;
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
