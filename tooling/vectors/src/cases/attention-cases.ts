/** Attention in every form that the emitter has, at 64 queries and at one, against the banded reference. */
import { bandedAttention, type AttentionBand } from "@ropewalk/attention-merge";
import {
  emitAttention,
  emitGroupQueries,
  emitRepeatPerGroup,
  emitUngroup,
  type RecentPart,
  type SettledPart,
} from "@ropewalk/attention-merge/onnx";
import type { GraphCase } from "../../../../packages/backend/src/conformance/graphs.ts";
import { prepare, type Recipe } from "../../../../packages/backend/src/conformance/recipe.ts";
import { encode, tape, type Value } from "@ropewalk/graph";
import { toBase64, floatsToBase64 } from "../base64.ts";

type Shape = {
  readonly name: string;
  readonly numKvHeads: number;
  readonly group: number;
  readonly headDim: number;
  /** Absent: one band over all distances. */
  readonly window?: number;
  readonly start: number;
  readonly queryLen: number;
};

type Stretch = { readonly name: string; readonly from: number; readonly to: number };

/** A stretch of a cache as noise, and where its rows stand among all keys. */
const rowsOf = ({ numKvHeads, headDim }: Shape, { from, to }: Stretch, seed: number): Recipe => {
  const length = to - from;
  return {
    kind: "noise",
    dims: [numKvHeads, length, headDim],
    seed,
  };
};

const place = (shape: Shape, stretch: Stretch, data: Float32Array, into: Float32Array, keyLen: number): void => {
  const { numKvHeads, headDim } = shape;
  const length = stretch.to - stretch.from;
  for (let head = 0; head < numKvHeads; head++)
    for (let row = 0; row < length; row++) {
      const at = (head * length + row) * headDim;
      into.set(data.subarray(at, at + headDim), (head * keyLen + stretch.from + row) * headDim);
    }
};

/** [queryLen, numHeads * headDim] to [numHeads, queryLen, headDim], and back with the sizes exchanged. */
const exchange = (data: Float32Array, outer: number, inner: number, headDim: number): Float32Array => {
  const result = new Float32Array(data.length);
  for (let a = 0; a < outer; a++)
    for (let b = 0; b < inner; b++) {
      const at = (a * inner + b) * headDim;
      result.set(data.subarray(at, at + headDim), (b * outer + a) * headDim);
    }
  return result;
};

const attentionCase = (shape: Shape, firstSeed: number): GraphCase => {
  const { numKvHeads, group, headDim, window = Infinity, start, queryLen } = shape;
  const heads = { numHeads: numKvHeads * group, numKvHeads, headDim };
  const keyLen = start + queryLen;
  const graph = tape();
  const feeds: Record<string, Recipe> = {};
  let seed = firstSeed;
  const feed = (name: string, recipe: Recipe): Value => {
    feeds[name] = recipe;
    return graph.input(name, recipe.kind === "integers" ? "int64" : "float32", recipe.dims);
  };
  const all = (): Float32Array => new Float32Array(numKvHeads * keyLen * headDim);
  const values = all();
  const keys = { near: all(), far: all() };
  const keysOf = (stretch: Stretch, band: keyof typeof keys): Value => {
    const recipe = rowsOf(shape, stretch, seed++);
    place(shape, stretch, prepare(recipe).data as Float32Array, keys[band], keyLen);
    return feed(`${stretch.name}_${band}_keys`, recipe);
  };
  const valuesOf = (stretch: Stretch): Value => {
    const recipe = rowsOf(shape, stretch, seed++);
    place(shape, stretch, prepare(recipe).data as Float32Array, values, keyLen);
    return feed(`${stretch.name}_values`, recipe);
  };
  const queryRecipe = (): Recipe => ({ kind: "noise", dims: [queryLen, heads.numHeads * headDim], seed: seed++ });
  const queryRecipes = { near: queryRecipe(), far: queryRecipe() };
  const twoBands = window !== Infinity;
  const near = emitGroupQueries(graph, heads, feed("near_queries", queryRecipes.near));
  const far = twoBands ? emitGroupQueries(graph, heads, feed("far_queries", queryRecipes.far)) : near;
  const outer = twoBands ? "far" : "near";
  const mask = (name: string, columns: number, offset: number, from: number, to: number): Value =>
    emitRepeatPerGroup(graph, heads, feed(name, { kind: "mask", dims: [queryLen, columns], offset, from, to }));
  const farEnd = twoBands ? start - window + 1 : start;
  const settledEnd = farEnd - 5;
  const head: Stretch = { name: "settled", from: 0, to: settledEnd };
  const settled: SettledPart = {
    kind: "dense",
    queries: far,
    keys: keysOf(head, outer),
    values: valuesOf(head),
    gate: feed("settled_gate", { kind: "fill", dims: [1], value: 0 }),
  };
  /** Keys open at distances `from` to `to`. */
  const maskOf = (stretch: Stretch, name: string, from: number, to: number): Value =>
    mask(`${stretch.name}_${name}_mask`, stretch.to - stretch.from, start - stretch.from, from, to);
  const masked = (stretch: Stretch, queries: Value, band: keyof typeof keys): RecentPart => ({
    bands: [{ queries, keys: keysOf(stretch, band), mask: maskOf(stretch, band, 0, 1e9) }],
    values: valuesOf(stretch),
  });
  const tail: Stretch = { name: "tail", from: settledEnd, to: farEnd };
  const ring: Stretch = { name: "ring", from: farEnd, to: start };
  const own: Stretch = { name: "own", from: start, to: keyLen };
  const nearAndFar = (): RecentPart => ({
    bands: [
      { queries: near, keys: keysOf(ring, "near"), mask: maskOf(ring, "near", 0, window) },
      { queries: far, keys: keysOf(ring, "far"), mask: maskOf(ring, "far", window, 1e9) },
    ],
    values: valuesOf(ring),
  });
  const parts: readonly RecentPart[] = [
    masked(tail, far, outer),
    ...(twoBands ? [nearAndFar()] : []),
    masked(own, near, "near"),
  ];
  const lengths = [farEnd - settledEnd, ...(twoBands ? [start - farEnd] : []), queryLen];
  const lengthsValue = feed("lengths", { kind: "integers", dims: [lengths.length], values: lengths });
  const attended = emitAttention(graph, { settled, recent: parts, lengths: lengthsValue });
  graph.output("out", emitUngroup(graph, heads, attended));

  const bandOf = (from: number, to: number, which: keyof typeof keys): AttentionBand => ({
    from,
    to,
    queries: {
      dims: [heads.numHeads, queryLen, headDim],
      data: exchange(prepare(queryRecipes[which]).data as Float32Array, queryLen, heads.numHeads, headDim),
    },
    keys: { dims: [numKvHeads, keyLen, headDim], data: keys[which] },
  });
  const bands = twoBands ? [bandOf(0, window, "near"), bandOf(window, Infinity, "far")] : [bandOf(0, Infinity, "near")];
  const { out } = bandedAttention({ scale: 1, queryStart: start }, bands, {
    dims: [numKvHeads, keyLen, headDim],
    data: values,
  });
  return {
    name: shape.name,
    model: toBase64(encode(graph.model())),
    feeds,
    expected: {
      dims: [queryLen, heads.numHeads * headDim],
      data: floatsToBase64(exchange(out.data, heads.numHeads, queryLen, headDim)),
    },
  };
};

export const attentionCases: readonly GraphCase[] = [
  {
    name: "attention over one band, 64 queries on 100 keys",
    numKvHeads: 2,
    group: 2,
    headDim: 8,
    start: 100,
    queryLen: 64,
  },
  {
    name: "attention over one band, one query on 200 keys",
    numKvHeads: 2,
    group: 2,
    headDim: 8,
    start: 200,
    queryLen: 1,
  },
  {
    name: "attention near and far, 64 queries on 150 keys",
    numKvHeads: 2,
    group: 2,
    headDim: 8,
    window: 80,
    start: 150,
    queryLen: 64,
  },
  {
    name: "attention near and far, one query on 200 keys",
    numKvHeads: 1,
    group: 4,
    headDim: 16,
    window: 80,
    start: 200,
    queryLen: 1,
  },
].map((shape, index) => attentionCase(shape, 1000 * (index + 1)));
