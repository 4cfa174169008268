/**
 * Several sequences of one length in one run, as further heads of one sequence:
 *
 *   rows    [batch * seqLen, width]    in norms, products and activations, which take each row by itself
 *   heads   [seqLen, batch * width]    in attention: the heads of all sequences side by side, under the same positions and masks
 *
 * Query head b numHeads + h reads the keys of head b numKvHeads + ⌊h / group⌋, which belong to the same sequence.
 */
import type { Tape, Value } from "@ropewalk/graph";
import type { LayerAttention } from "./chunk-attention.ts";
import type { ExtendedDecoder } from "../extend-decoder.ts";

/** An extended decoder with the heads of `batch` sequences, so that its cache and attention hold all of them. */
export const batchHeads = <Extended extends ExtendedDecoder>(extended: Extended, batch: number): Extended => {
  const { decoder } = extended;
  const { numHeads, numKvHeads } = decoder;
  return { ...extended, decoder: { ...decoder, numHeads: batch * numHeads, numKvHeads: batch * numKvHeads } };
};

const swapFirstTwoAxes = (tape: Tape, x: Value, apart: readonly number[], together: readonly number[]): Value => {
  const shape = (dims: readonly number[]): Value => tape.constant("int64", [dims.length], dims);
  const parts = tape.op("Reshape", [x, shape(apart)]);
  return tape.op("Reshape", [tape.op("Transpose", [parts], { perm: [1, 0, 2] }), shape(together)]);
};

/** Attention for layers whose rows are `batch` sequences one after another, from an attention that takes the sequences' heads side by side. */
export const attendBatch =
  (attention: LayerAttention, batch: number, { numHeads, numKvHeads, headDim }: Widths): LayerAttention =>
  (tape, index) => {
    const attend = attention(tape, index);
    const sideBySide = (rows: Value, heads: number): Value => {
      const width = heads * headDim;
      return swapFirstTwoAxes(tape, rows, [batch, -1, width], [-1, batch * width]);
    };
    return ({ query, key, value }) => {
      const attended = attend({
        query: sideBySide(query, numHeads),
        key: sideBySide(key, numKvHeads),
        value: sideBySide(value, numKvHeads),
      });
      const width = numHeads * headDim;
      return swapFirstTwoAxes(tape, attended, [-1, batch, width], [-1, width]);
    };
  };

/** The sizes of one sequence's heads. */
type Widths = { readonly numHeads: number; readonly numKvHeads: number; readonly headDim: number };
