/**
 * Several sequences of one length in one run, as further heads of one sequence:
 *
 *   rows    [batch * seqLen, width]           in norms, products and activations, which take each row by itself
 *   heads   [1, batch * heads, seqLen, ...]   in attention: the heads of all sequences, under the same positions and masks
 *
 * Query head b numHeads + h reads the keys of head b numKvHeads + ⌊h / group⌋, which belong to the same sequence.
 */
import type { Value } from "@ropewalk/graph";
import type { LayerAttention } from "./chunk-attention.ts";
import type { ExtendedDecoder } from "../extend-decoder.ts";

/** An extended decoder with the heads of `batch` sequences, so that its cache and attention hold all of them. */
export const batchHeads = <Extended extends ExtendedDecoder>(extended: Extended, batch: number): Extended => {
  const { decoder } = extended;
  const { numHeads, numKvHeads } = decoder;
  return { ...extended, decoder: { ...decoder, numHeads: batch * numHeads, numKvHeads: batch * numKvHeads } };
};

/** The sizes of one sequence's heads. */
type Widths = { readonly numHeads: number; readonly numKvHeads: number; readonly headDim: number };

/** Attention over the heads of `batch` sequences, from an attention that takes them as the heads of one sequence. */
export const attendBatch =
  (attention: LayerAttention, batch: number, { numHeads, numKvHeads, headDim }: Widths): LayerAttention =>
  (tape, index) => {
    const attend = attention(tape, index);
    const shape = (...dims: readonly number[]): Value => tape.constant("int64", [dims.length], dims);
    const asOne = (x: Value, heads: number): Value => tape.op("Reshape", [x, shape(1, batch * heads, -1, headDim)]);
    return ({ query, key, value }) => {
      const attended = attend({
        query: asOne(query, numHeads),
        key: asOne(key, numKvHeads),
        value: asOne(value, numKvHeads),
      });
      const width = numHeads * headDim;
      const apart = tape.op("Reshape", [attended, shape(-1, batch, width)]);
      return tape.op("Reshape", [tape.op("Transpose", [apart], { perm: [1, 0, 2] }), shape(-1, width)]);
    };
  };
