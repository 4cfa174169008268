import { checkModel, decode, encode } from "@ropewalk/graph";
import { describe, expect, it } from "vitest";
import {
  decoderGraph,
  embedding,
  extendDecoder,
  gatedFeedForward,
  inputs,
  linear,
  outputs,
  rmsNorm,
  selfExtend,
  silu,
  slidingWindow,
  type ContextExtension,
  type Decoder,
} from "../src/index.ts";

const decoder: Decoder = {
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
    const project = (weight: string) => linear(builder, { weight }, normed);
    const attended = attend({ query: project("q"), key: project("k"), value: project("v") });
    const feedForward = { gate: { weight: "gate" }, up: { weight: "up" }, down: { weight: "down" }, activation: silu };
    return gatedFeedForward(builder, feedForward, linear(builder, { weight: "o" }, attended));
  },
  unembed: (builder, hidden) => linear(builder, { weight: "embed" }, hidden),
};

const graphOf = (extension: ContextExtension) =>
  decoderGraph(extendDecoder(decoder, extension), {
    locate: (name) => ({
      location: "weights",
      type: "float32",
      offset: 0,
      length: 4 * decoder.tensors[name]!.reduce((size, dim) => size * dim, 1),
    }),
  });

const names = (extension: ContextExtension) => {
  const { graph } = decode(encode(graphOf(extension)));
  return { inputs: graph!.input.map(({ name }) => name), outputs: graph!.output.map(({ name }) => name) };
};

describe("decoderGraph", () => {
  it.each<readonly [string, ContextExtension]>([
    ["one band", {}],
    ["a window", slidingWindow({ window: 8 })],
    ["near and far", selfExtend({ groupSize: 2, window: 8 })],
  ])("of %s is a sound ONNX model", (_, extension) => {
    expect(() => checkModel(graphOf(extension))).not.toThrow();
  });

  it("has no input that its layout does not need", () => {
    const plain = names({});
    expect(plain.inputs).toContain(inputs.settledKeys(1));
    expect(plain.inputs).not.toContain(inputs.ringNearKeys(0));
    expect(plain.inputs.filter((name) => /^far_(query|key)_/.test(name))).toEqual([]);
    const window = names(slidingWindow({ window: 8 }));
    expect(window.inputs).toContain(inputs.ringNearKeys(0));
    expect(window.inputs).not.toContain(inputs.settledKeys(0));
    expect(window.inputs).not.toContain(inputs.ringFarMask);
  });

  it("gives back the chunk's keys in every band's rotation, its values and the logits", () => {
    expect(names(selfExtend({ groupSize: 2, window: 8 })).outputs.toSorted()).toEqual(
      [
        outputs.logits,
        ...[0, 1].flatMap((layer) => [outputs.newKeys(layer, 0), outputs.newKeys(layer, 1), outputs.newValues(layer)]),
      ].toSorted(),
    );
  });

  it("names weights by place instead of holding them", () => {
    const { graph } = graphOf({});
    const held = graph!.initializer.filter(({ name }) => name in decoder.tensors);
    expect(held).toHaveLength(Object.keys(decoder.tensors).length);
    expect(held.every(({ rawData }) => rawData.length === 0)).toBe(true);
  });
});
