/**
 * A decoder-only transformer as a value: its numbers, the tensors it reads, and three functions that record it.
 *
 * A family (Llama, Mistral, …) is such a value. Families that differ in a norm, a projection or the order of a layer's parts pass
 * different functions. Nothing in this package asks for a family's name.
 */
import type { ModelLayers } from "@ropewalk/context-extension";
import type { Tape, Value } from "@ropewalk/graph";
import type { StoredWeights } from "./layers/stored-weights.ts";

/** The tape on which a family records, the checkpoint's tensors by name, and how many sequences' rows lie one after another. */
export type Builder = {
  readonly tape: Tape;
  readonly weights: StoredWeights;
  readonly batchSize: number;
};

/**
 * The projections of one layer head by head, before rotation: `query` [batchSize, numHeads, seqLen, headDim], `key` and `value`
 * [batchSize, numKvHeads, seqLen, headDim].
 */
export type Projected = { readonly query: Value; readonly key: Value; readonly value: Value };

/** Attention under the context extension: projections in, rows [batchSize * seqLen, numHeads * headDim] out. */
export type Attend = (projected: Projected) => Value;

/** The numbers on which a model's positions, its cache and its chunks depend. They suffice for a graph that was recorded elsewhere. */
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
  /** The names of the layers' matrices [out, in] among the tensors. These may be stored in blocks. */
  readonly projections: readonly string[];
  /** The name of the table [vocabSize, hiddenDim] in which tokens are looked up. */
  readonly embedding: string;
  /** The name of the matrix [vocabSize, hiddenDim] that gives logits; it may be the embedding itself. */
  readonly unembedding: string;
  /** Token ids [seqLen] to hidden states [seqLen, hiddenDim]. */
  readonly embed: (builder: Builder, ids: Value) => Value;
  /** Layer `index`: hidden states [seqLen, hiddenDim] to the same shape. */
  readonly layer: (builder: Builder, index: number, hidden: Value, attend: Attend) => Value;
  /** Hidden states [rows, hiddenDim] to logits [rows, vocabSize], including the last norm. */
  readonly unembed: (builder: Builder, hidden: Value) => Value;
};
