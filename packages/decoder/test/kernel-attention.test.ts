/** Graphs that attend by a kernel: one node a layer, which reads the cache's stretches and no masks. */
import { selfExtend, slidingWindow, withPositions, type ContextExtension } from "@ropewalk/context-extension";
import { checkModel, encode, type GraphProto } from "@ropewalk/graph";
import { describe, expect, it } from "vitest";
import {
  cacheLayout,
  decoderGraph,
  decoderInputs,
  extendDecoder,
  projectHeads,
  type Decoder,
  type WeightSource,
} from "../src/index.ts";
import { decoder as narrow } from "./small-decoder.ts";

const heads = { numHeads: 2, numKvHeads: 1, headDim: 4 } as const;

/** The kernel has no heads of two. */
const decoder: Decoder = {
  ...narrow,
  ...heads,
  layer: (builder, _, hidden, attend) =>
    attend(
      projectHeads(builder, { ...heads, query: { weight: "q" }, key: { weight: "k" }, value: { weight: "v" } }, hidden),
    ),
};

const source: WeightSource = {
  locate: (name) => ({
    location: "weights",
    type: "float32",
    offset: 0,
    length: 4 * decoder.tensors[name]!.reduce((size, dim) => size * dim, 1),
  }),
};

const options = { operators: "plain", attention: "kernel" } as const;

const graphOf = (extension: ContextExtension): GraphProto =>
  decoderGraph(extendDecoder(decoder, extension), source, options).graph!;

const cases: readonly (readonly [string, ContextExtension, parts: number])[] = [
  ["one band", {}, 3],
  ["a window", slidingWindow({ window: 8 }), 2],
  ["near and far", selfExtend({ groupSize: 2, window: 8 }), 4],
  ["bands by chunks", withPositions({ kind: "dual-chunk", chunkSize: 12, localSize: 4 }), 5],
];

describe("a graph that attends by a kernel", () => {
  it.each(cases)("has one node a layer under %s, and no mask, gate or length", (_, extension, parts) => {
    const model = decoderGraph(extendDecoder(decoder, extension), source, options);
    expect(() => checkModel(model)).not.toThrow();
    const graph = model.graph!;
    const nodes = graph.node.filter(({ domain }) => domain === "ropewalk");
    expect(nodes.map(({ opType }) => opType)).toEqual(
      Array.from({ length: decoder.numLayers }, () => "AttentionOverParts"),
    );
    expect(cacheLayout(extendDecoder(decoder, extension), 0).stretches).toHaveLength(parts - 1);
    const names = graph.input.map(({ name }) => name);
    expect(names).toContain(decoderInputs.partRanges(0));
    expect(names.filter((name) => /mask|gate|lengths/.test(name))).toEqual([]);
    expect(graph.node.map(({ opType }) => opType)).not.toContain("Softmax");
  });

  it("states the type of every value that a node for the kernel reads or gives", () => {
    const graph = graphOf(selfExtend({ groupSize: 2, window: 8 }));
    const stated = new Set([...graph.input, ...graph.output, ...graph.valueInfo].map(({ name }) => name));
    const nodes = graph.node.filter(({ domain }) => domain === "ropewalk");
    expect(nodes.flatMap(({ input, output }) => [...input, ...output]).filter((name) => !stated.has(name))).toEqual([]);
  });

  it("is the same for every window and group size, so that one session serves them", () => {
    const [a, b] = [selfExtend({ groupSize: 2, window: 8 }), selfExtend({ groupSize: 3, window: 21 })];
    const bytes = (extension: ContextExtension) =>
      encode(decoderGraph(extendDecoder(decoder, extension), source, options));
    expect(Buffer.from(bytes(a)).equals(bytes(b))).toBe(true);
  });

  it("is refused by name where the kernel cannot attend so", () => {
    const refused =
      (other: Decoder, extension: ContextExtension, cache: "float32" | "q8" = "float32") =>
      () =>
        decoderGraph(extendDecoder(other, extension, { cache }), source, { ...options, operators: "all" });
    expect(refused(decoder, withPositions({ kind: "sinks", sinks: 2, window: 8 }))).toThrow(
      /^kernelAttention: attention by the kernel needs bands by distance or by chunks, got those of Sinks/,
    );
    expect(refused(decoder, {}, "q8")).toThrow(
      new RangeError("kernelAttention: attention by the kernel needs a cache in float32, got q8"),
    );
    expect(refused(narrow, {})).toThrow(
      new RangeError("emitKernelNode: headDim must be a whole number from 4 to 256, got 2"),
    );
    const attentions = { what: "maps", layers: [0] } as const;
    expect(() => decoderGraph(extendDecoder(decoder, {}), source, { ...options, attentions })).toThrow(
      new RangeError("decoderGraph: attentions must be absent where a kernel attends, got maps"),
    );
  });
});
