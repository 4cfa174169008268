/**
 * Plain attention over whole sequences: without a cache, for any number of bands.
 *
 *   score_b(i, j) = s_i R(q_b(i)) q_i · R(k_b(j)) k_j + mask_b(i, j)       band b gives the pair its relative position
 *   out_i = Σ_j softmax_j(max_b score_b(i, j)) v_j
 *
 * The masks leave each pair open in only one band, so the maximum is that band's score. Queries attend in blocks of rows, and each block
 * reads only the keys that one of its rows sees: this skips many of the pairs whose key comes after the query, and a block's scores fit
 * into the processor's cache.
 * Vaswani et al., arXiv 1706.03762, equation 1.
 */
import { emitSoftcap } from "@ropewalk/attention-merge/onnx";
import { checkKeys, positive } from "@ropewalk/check";
import type { Tape, Value } from "@ropewalk/graph";
import { emitRotaryEmbedding } from "@ropewalk/rope/onnx";
import type { LayerAttention } from "../attention/chunk-attention.ts";
import { placeOfLayer, type ExtendedGroup } from "@ropewalk/context-extension";
import type { ExtendedDecoder } from "../extend-decoder.ts";
import { decoderInputs } from "../graph-interface.ts";
import { bandMask } from "./interface.ts";
import { part } from "./part.ts";
import { rowBlocks } from "./row-blocks.ts";

/** The number of sequences, and the length of each. */
export type Batch = { readonly batchSize: number; readonly seqLen: number };

/** @throws TypeError for an unknown key; RangeError when a number is not an integer of at least 1 */
export const checkBatch = (where: string, batch: Batch): Batch =>
  checkKeys<Batch>(where, "batch", batch, { batchSize: positive, seqLen: positive });

type Rotation = { readonly cos: Value; readonly sin: Value };

/** The inputs of the layers in group `place`: for each band its rotations, if layers rotate, and its mask by blocks of rows. */
const declareGroup = (
  tape: Tape,
  { rope, positions: { bands }, softcap }: ExtendedGroup,
  place: number,
  seqLen: number,
) => {
  const rotation = (rotaryDim: number, band: number, side: "query" | "key"): Rotation => {
    const table = (which: "cos" | "sin"): Value => {
      const rows = tape.input(decoderInputs.rotation(place, band, side, which), "float32", [seqLen, rotaryDim / 2]);
      return tape.op("Unsqueeze", [rows, tape.constant("int64", [1], [0])]);
    };
    return { cos: table("cos"), sin: table("sin") };
  };
  const rotations = bands.map(
    (_, band) =>
      rope && {
        ...{ layout: rope.layout, rotaryDim: rope.rotaryDim },
        ...{ query: rotation(rope.rotaryDim, band, "query"), key: rotation(rope.rotaryDim, band, "key") },
      },
  );
  const masks = bands.map((_, band) => tape.input(bandMask(place, band), "float32", [seqLen, seqLen]));
  const blocks = rowBlocks(bands, seqLen).map((block) => ({
    ...block,
    bands: block.bands.map((band) => ({
      band,
      mask: part(tape, part(tape, masks[band]!, 0, block.from, block.to), 1, block.firstKey, block.to),
    })),
  }));
  return { rotations, blocks, softcap };
};

/** Declares the inputs that all layers share, and gives each layer's attention, over projections [batchSize, heads, seqLen, headDim]. */
export const plainAttention = (
  tape: Tape,
  { decoder, groups }: ExtendedDecoder,
  { batchSize, seqLen }: Batch,
): LayerAttention => {
  const { numHeads, numKvHeads, headDim, numLayers } = decoder;
  const group = numHeads / numKvHeads;
  const queryScale = tape.input(decoderInputs.queryScale, "float32", [numLayers, seqLen, 1]);
  const declared = groups.map((own, place) => declareGroup(tape, own, place, seqLen));

  return (scope, index) =>
    ({ query, key, value }) => {
      const { rotations, blocks, softcap } = declared[placeOfLayer(groups, index)]!;
      const shaped = (x: Value, dims: readonly number[]): Value =>
        scope.op("Reshape", [x, scope.constant("int64", [dims.length], dims)]);
      /** [batchSize, heads, seqLen, headDim] to [1, batchSize * heads, seqLen, headDim]. */
      const asOne = (x: Value, heads: number): Value => shaped(x, [1, batchSize * heads, seqLen, headDim]);
      const rotated = (x: Value, heads: number, band: (typeof rotations)[number], side: "query" | "key"): Value => {
        if (band === undefined) return x;
        const { layout, rotaryDim } = band;
        const sizes = { layout, rotaryDim, numHeads: batchSize * heads, headDim };
        return emitRotaryEmbedding(scope, sizes, x, band[side].cos, band[side].sin);
      };
      const scale = scope.op("Gather", [queryScale, scope.constant("int64", [], [index])], { axis: 0 });
      const queries = asOne(scope.op("Mul", [query, scale]), numHeads);
      const keys = asOne(key, numKvHeads);
      const values = shaped(value, [batchSize * numKvHeads, seqLen, headDim]);
      const turned = rotations.map((band) => ({
        queries: shaped(rotated(queries, numHeads, band, "query"), [batchSize * numKvHeads, group, seqLen, headDim]),
        keys: shaped(rotated(keys, numKvHeads, band, "key"), [batchSize * numKvHeads, seqLen, headDim]),
      }));

      const attended = blocks.map(({ from, to, firstKey, bands }) => {
        const [rows, keyLen] = [to - from, to - firstKey];
        // The queries of the heads that share keys are stacked, so that one product scores all of them.
        const scores = bands.map(({ band, mask }) => {
          const below = shaped(part(scope, turned[band]!.queries, 2, from, to), [-1, group * rows, headDim]);
          const across = scope.op("Transpose", [part(scope, turned[band]!.keys, 1, firstKey, to)], { perm: [0, 2, 1] });
          const products = shaped(scope.op("MatMul", [below, across]), [-1, group, rows, keyLen]);
          return scope.op("Add", [emitSoftcap(scope, softcap, products), mask]);
        });
        const joined = scores.length === 1 ? scores[0]! : scope.op("Max", scores);
        const shares = shaped(scope.op("Softmax", [joined], { axis: -1 }), [-1, group * rows, keyLen]);
        const out = scope.op("MatMul", [shares, part(scope, values, 1, firstKey, to)]);
        return shaped(out, [batchSize, numHeads, rows, headDim]);
      });
      const heads = attended.length === 1 ? attended[0]! : scope.op("Concat", attended, { axis: 2 });
      const rows = scope.op("Transpose", [heads], { perm: [0, 2, 1, 3] });
      return shaped(rows, [batchSize * seqLen, numHeads * headDim]);
    };
};
