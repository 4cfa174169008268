/** A decoder's blocks, norm and gated feed-forward with weights in an external file, against evaluation in float64. */
import type { GraphCase } from "../../../packages/backend/src/conformance/graphs.ts";
import { prepare, type Recipe } from "../../../packages/backend/src/conformance/recipe.ts";
import { denseWeights, gatedFeedForward, rmsNorm, silu, type Builder } from "@ropewalk/decoder";
import { encode, evaluate, ndArray, tape, type Tape, type Value } from "@ropewalk/graph";
import { floatsToBase64, toBase64 } from "./base64.ts";

const [seqLen, hiddenDim, innerDim] = [72, 24, 40];

const weights: Readonly<Record<string, readonly number[]>> = {
  norm: [hiddenDim],
  gate: [innerDim, hiddenDim],
  up: [innerDim, hiddenDim],
  down: [hiddenDim, innerDim],
};

const recipes: readonly Recipe[] = Object.values(weights).map((dims, index) => ({
  kind: "noise",
  dims,
  seed: 41 + index,
}));

const record = (graph: Tape, weight: (name: string) => Value): void => {
  const builder: Builder = { tape: graph, weights: denseWeights((_, name) => weight(name)) };
  const x = graph.input("x", "float32", [seqLen, hiddenDim]);
  const normed = rmsNorm(builder, { weight: "norm", epsilon: 1e-5 }, x);
  const projections = { gate: { weight: "gate" }, up: { weight: "up" }, down: { weight: "down" } };
  graph.output("out", gatedFeedForward(builder, { ...projections, activation: silu }, normed));
};

const external = (graph: Tape) => {
  let offset = 0;
  const places = Object.entries(weights).map(([name, dims]) => {
    const length = 4 * dims.reduce((size, dim) => size * dim, 1);
    const place = { location: "weights", offset, length };
    offset += length;
    return [name, graph.external(name, "float32", dims, place)] as const;
  });
  return new Map(places);
};

export const blockCases = (): readonly GraphCase[] => {
  const feeds = { x: { kind: "noise", dims: [seqLen, hiddenDim], seed: 40 } as const };
  const stored = tape();
  const values = external(stored);
  record(stored, (name) => values.get(name)!);

  const inline = tape();
  record(inline, (name) => {
    const index = Object.keys(weights).indexOf(name);
    return inline.constant("float32", weights[name]!, prepare(recipes[index]!).data as Float32Array);
  });
  const x = prepare(feeds.x);
  const { out } = evaluate(inline.model(), { x: ndArray("float32", x.dims, x.data as Float32Array) });
  return [
    {
      name: "norm and gated feed-forward with external weights, 72 tokens",
      model: toBase64(encode(stored.model())),
      feeds,
      weights: recipes,
      expected: { dims: [seqLen, hiddenDim], data: floatsToBase64(Float32Array.from(out!.data as ArrayLike<number>)) },
    },
  ];
};
