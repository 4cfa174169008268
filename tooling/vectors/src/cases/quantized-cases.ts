/** Settled keys and values in 8 bits, for one query and for many, against evaluation in float64. */
import { quantizedTile } from "@ropewalk/attention-merge";
import { emitAttention, emitAttentionByHead, emitGroupQueries, emitUngroup } from "@ropewalk/attention-merge/onnx";
import { encode, evaluate, ndArray, tape, type Value } from "@ropewalk/graph";
import type { GraphCase } from "../../../../packages/backend/src/conformance/graphs.ts";
import { prepare, type Recipe } from "../../../../packages/backend/src/conformance/recipe.ts";
import { floatsToBase64, toBase64 } from "../base64.ts";

const heads = { numHeads: 4, numKvHeads: 2, headDim: 8 };
const blocks = 2;

const types = { bytes: "int8", integers: "int64", noise: "float32", fill: "float32", mask: "float32" } as const;

const quantizedCase = (queryLen: number): GraphCase => {
  const { numHeads, numKvHeads, headDim } = heads;
  const graph = tape();
  const feeds: Record<string, Recipe> = {};
  const feed = (name: string, recipe: Recipe, dims: readonly (number | string)[] = recipe.dims): Value => {
    feeds[name] = recipe;
    return graph.input(name, types[recipe.kind], dims);
  };
  const bytes = (name: string, dims: readonly number[], seed: number): Value =>
    feed(name, { kind: "bytes", dims: [numKvHeads, blocks, ...dims], seed });
  const perToken = (name: string, value: number): Value =>
    feed(name, { kind: "fill", dims: [numKvHeads, blocks, 1, quantizedTile], value });
  const rows: Recipe = { kind: "noise", dims: [queryLen, numHeads * headDim], seed: 80 };
  const fed = feed("queries", rows, ["queryLen", numHeads * headDim]);
  const queries = emitGroupQueries(graph, heads, fed);
  const own = (name: string, seed: number): Value =>
    feed(name, { kind: "noise", dims: [numKvHeads, 1, headDim], seed });
  const emit = queryLen === 1 ? emitAttention : emitAttentionByHead;
  const out = emit(graph, {
    settled: {
      kind: "quantized",
      queries,
      gate: feed("gate", { kind: "fill", dims: [1], value: 0 }),
      keys: bytes("keys", [headDim, quantizedTile], 81),
      keyScales: perToken("key_scales", 0.01),
      keyOffsets: perToken("key_offsets", 0.3),
      values: bytes("values", [quantizedTile, headDim], 82),
      valueScales: perToken("value_scales", 0.008),
    },
    recent: [
      {
        bands: [{ queries, keys: own("own_key", 83), mask: graph.constant("float32", [1, 1], [0]) }],
        values: own("own_value", 84),
      },
    ],
    lengths: graph.constant("int64", [1], [1]),
  });
  graph.output("out", emitUngroup(graph, heads, out));
  const model = graph.model();
  const arrays = Object.entries(feeds).map(([name, recipe]) => {
    const { type, dims, data } = prepare(recipe);
    return [name, ndArray(type, dims, Float64Array.from(data as ArrayLike<number>))] as const;
  });
  const expected = evaluate(model, Object.fromEntries(arrays))["out"]!;
  return {
    name: `attention over keys in 8 bits, ${queryLen === 1 ? "one query" : `${queryLen} queries`} on ${blocks * quantizedTile} keys`,
    model: toBase64(encode(model)),
    feeds,
    expected: { dims: expected.dims, data: floatsToBase64(Float32Array.from(expected.data)) },
    // A weight that lies between two of its 255 steps may be rounded to either.
    ...(queryLen === 1 ? { tolerance: 2e-3 } : {}),
  };
};

export const quantizedCases: readonly GraphCase[] = [quantizedCase(72), quantizedCase(1)];
