/**
 * Attention of whole sequences over themselves, in its plainest form: no cache, every score in memory, any number of bands.
 *
 *   score_b(i, j) = s_i R(q_b(i)) q_i · R(k_b(j)) k_j + mask_b(i, j)       band b gives the pair its relative position
 *   out_i = Σ_j softmax_j(max_b score_b(i, j)) v_j
 *
 * Each pair is open in one band alone, so that the maximum is that band's score. Vaswani et al., arXiv 1706.03762, equation 1.
 */
import type { Tape, Value } from "@ropewalk/graph";
import { emitRotaryEmbedding } from "@ropewalk/rope/onnx";
import type { LayerAttention } from "../chunk-attention.ts";
import type { ExtendedDecoder } from "../extend.ts";
import { inputs } from "../interface.ts";
import { bandMask } from "./interface.ts";

/** How many sequences there are, and how long each of them is. */
export type Batch = { readonly batchSize: number; readonly seqLen: number };

type Rotation = { readonly cos: Value; readonly sin: Value };

/** Declares what all layers read, and gives the attention of each: projections of [batchSize * seqLen] rows in and out. */
export const plainAttention = (
  tape: Tape,
  { decoder, positions }: ExtendedDecoder,
  { batchSize, seqLen }: Batch,
): LayerAttention => {
  const { numHeads, numKvHeads, headDim, numLayers } = decoder;
  const { layout, rotaryDim } = decoder.rope;
  const group = numHeads / numKvHeads;
  const queryScale = tape.input(inputs.queryScale, "float32", [numLayers, seqLen, 1]);
  const table = (name: string): Value =>
    tape.op("Unsqueeze", [tape.input(name, "float32", [seqLen, rotaryDim / 2]), tape.constant("int64", [1], [0])]);
  const bands = positions.bands.map((_, band) => {
    const rotation = (side: "query" | "key"): Rotation => ({
      cos: table(inputs.rotation(band, side, "cos")),
      sin: table(inputs.rotation(band, side, "sin")),
    });
    return {
      query: rotation("query"),
      key: rotation("key"),
      mask: tape.input(bandMask(band), "float32", [seqLen, seqLen]),
    };
  });

  return (scope, index) =>
    ({ query, key, value }) => {
      const shaped = (x: Value, dims: readonly number[]): Value =>
        scope.op("Reshape", [x, scope.constant("int64", [dims.length], dims)]);
      /** [batchSize * seqLen, heads * headDim] to [1, batchSize * heads, seqLen, headDim]. */
      const byHead = (x: Value, heads: number): Value => {
        const apart = scope.op("Transpose", [shaped(x, [batchSize, seqLen, heads, headDim])], { perm: [0, 2, 1, 3] });
        return shaped(apart, [1, batchSize * heads, seqLen, headDim]);
      };
      const rotated = (x: Value, heads: number, { cos, sin }: Rotation): Value =>
        emitRotaryEmbedding(scope, { layout, rotaryDim, numHeads: batchSize * heads, headDim }, x, cos, sin);
      const scale = scope.op("Gather", [queryScale, scope.constant("int64", [], [index])], { axis: 0 });
      const queries = scope.op("Mul", [byHead(query, numHeads), scale]);
      const keys = byHead(key, numKvHeads);
      const values = shaped(byHead(value, numKvHeads), [batchSize, numKvHeads, 1, seqLen, headDim]);

      const scores = bands.map((band) => {
        const turnedQueries = shaped(rotated(queries, numHeads, band.query), [
          ...[batchSize, numKvHeads, group],
          ...[seqLen, headDim],
        ]);
        const turnedKeys = shaped(rotated(keys, numKvHeads, band.key), [batchSize, numKvHeads, 1, seqLen, headDim]);
        const across = scope.op("Transpose", [turnedKeys], { perm: [0, 1, 2, 4, 3] });
        return scope.op("Add", [scope.op("MatMul", [turnedQueries, across]), band.mask]);
      });
      const joined = scores.length === 1 ? scores[0]! : scope.op("Max", scores);
      const out = scope.op("MatMul", [scope.op("Softmax", [joined], { axis: -1 }), values]);
      const heads = shaped(out, [batchSize, numHeads, seqLen, headDim]);
      const rows = scope.op("Transpose", [heads], { perm: [0, 2, 1, 3] });
      return shaped(rows, [batchSize * seqLen, numHeads * headDim]);
    };
};
