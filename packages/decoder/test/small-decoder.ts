/** A small decoder of two layers, and where its weights would lie. */
import {
  embedding,
  gatedFeedForward,
  linear,
  projectHeads,
  rmsNorm,
  silu,
  type Decoder,
  type WeightSource,
} from "../src/index.ts";

export const decoder: Decoder = {
  family: "test",
  vocabSize: 10,
  hiddenDim: 8,
  feedForwardDim: 12,
  numLayers: 2,
  numHeads: 4,
  numKvHeads: 2,
  headDim: 2,
  trainedContext: 64,
  rope: { theta: 10_000, rotaryDim: 2, layout: "halves", scaling: { kind: "default" } },
  slidingWindow: undefined,
  tensors: {
    embed: [10, 8],
    norm: [8],
    q: [8, 8],
    k: [4, 8],
    v: [4, 8],
    o: [8, 8],
    gate: [12, 8],
    up: [12, 8],
    down: [8, 12],
  },
  projections: ["q", "k", "v", "o", "gate", "up", "down"],
  embedding: "embed",
  unembedding: "embed",
  embed: (builder, ids) => embedding(builder, { weight: "embed" }, ids),
  layer: (builder, _, hidden, attend) => {
    const normed = rmsNorm(builder, { weight: "norm", epsilon: 1e-5 }, hidden);
    const heads = { numHeads: 4, numKvHeads: 2, headDim: 2 };
    const names = { query: { weight: "q" }, key: { weight: "k" }, value: { weight: "v" } };
    const attended = attend(projectHeads(builder, { ...heads, ...names }, normed));
    const feedForward = { gate: { weight: "gate" }, up: { weight: "up" }, down: { weight: "down" }, activation: silu };
    return gatedFeedForward(builder, feedForward, linear(builder, { weight: "o" }, attended));
  },
  unembed: (builder, hidden) => linear(builder, { weight: "embed" }, hidden),
};

export const source: WeightSource = {
  locate: (name) => ({
    location: "weights",
    type: "float32",
    offset: 0,
    length: 4 * decoder.tensors[name]!.reduce((size, dim) => size * dim, 1),
  }),
};
