import { checkModel, decode, encode, tape, tensorToArray, valueOfInfo, type GraphProto } from "@ropewalk/graph";
import { describe, expect, it } from "vitest";
import { selfExtend, slidingWindow, withPositions, type ContextExtension } from "@ropewalk/context-extension";
import { covers } from "@ropewalk/position-mapping/bands";
import {
  decoderGraph,
  extendDecoder,
  decoderInputs,
  decoderOutputs,
  storedWeights,
  type Operators,
} from "../src/index.ts";
import { decoder, source } from "./small-decoder.ts";

const graphOf = (extension: ContextExtension, operators: Operators = "all") =>
  decoderGraph(extendDecoder(decoder, extension), source, { operators });

/** The kinds of nodes in a graph and in the graphs inside it. */
const kinds = ({ node }: GraphProto): ReadonlySet<string> =>
  new Set(node.flatMap(({ opType, attribute }) => [opType, ...attribute.flatMap(({ g }) => (g ? [...kinds(g)] : []))]));

const names = (extension: ContextExtension) => {
  const { graph } = decode(encode(graphOf(extension)));
  return { inputs: graph!.input.map(({ name }) => name), outputs: graph!.output.map(({ name }) => name) };
};

const chunks = withPositions({ kind: "dual-chunk", chunkSize: 12, localSize: 4 });

/** The same bands by a rule that says nothing of chunks. */
const byRule = ({ positions }: ContextExtension): ContextExtension => {
  const { config: _, ...mapping } = positions!;
  const bands = mapping.bands.map((band) => ({
    covers: (i: number, j: number) => covers(band, i, j),
    query: band.query,
    key: band.key,
  }));
  return withPositions({ kind: "custom", ...mapping, bands });
};

describe("decoderGraph", () => {
  it.each<readonly [string, ContextExtension]>([
    ["one band", {}],
    ["a window", slidingWindow({ window: 8 })],
    ["near and far", selfExtend({ groupSize: 2, window: 8 })],
    ["bands by chunks", chunks],
    ["any bands", byRule(chunks)],
  ])("of %s is a sound ONNX model", (_, extension) => {
    expect(() => checkModel(graphOf(extension))).not.toThrow();
  });

  it("has no input that its layout does not need", () => {
    const plain = names({});
    expect(plain.inputs).toContain(decoderInputs.cached(1, "settled", undefined, "keys"));
    expect(plain.inputs).not.toContain(decoderInputs.cached(0, "ring", "near", "keys"));
    expect(plain.inputs.filter((name) => /^far_(query|key)_/.test(name))).toEqual([]);
    const window = names(slidingWindow({ window: 8 }));
    expect(window.inputs).toContain(decoderInputs.cached(0, "ring", "near", "keys"));
    expect(window.inputs).not.toContain(decoderInputs.cached(0, "settled", undefined, "keys"));
    expect(window.inputs).not.toContain(decoderInputs.ringFarMask);
  });

  it("under masks has a mask a band, and each key once where bands share its rotation", () => {
    const masked = names(byRule(chunks));
    expect(masked.outputs.filter((name) => name.endsWith("keys"))).toEqual([
      decoderOutputs.newKeys(0, 0),
      decoderOutputs.newKeys(1, 0),
    ]);
    expect(masked.inputs.filter((name) => name.endsWith("mask")).toSorted()).toEqual(
      [0, 1, 2].flatMap((band) => [decoderInputs.ringBandMask(0, band), decoderInputs.ownBandMask(0, band)]).toSorted(),
    );
    expect(masked.inputs.filter((name) => /settled|tail|near_keys|causal/.test(name))).toEqual([]);
    const sinks = names(withPositions({ kind: "sinks", sinks: 2, window: 8 }));
    expect(sinks.inputs).toContain(decoderInputs.cached(1, "ring", "1", "keys"));
    expect(sinks.outputs).toContain(decoderOutputs.newKeys(1, 1));
  });

  it("by chunks has the last chunks of tokens as parts, and each key once", () => {
    const named = names(chunks);
    expect(named.outputs.filter((name) => name.endsWith("keys"))).toEqual([
      decoderOutputs.newKeys(0, 0),
      decoderOutputs.newKeys(1, 0),
    ]);
    expect(named.inputs.filter((name) => name.endsWith("mask")).toSorted()).toEqual(
      [
        decoderInputs.causalMask,
        decoderInputs.tailMask(0),
        decoderInputs.ringChunkMask(0, 0),
        decoderInputs.ringChunkMask(0, 1),
      ].toSorted(),
    );
    expect(named.inputs).toContain(decoderInputs.cached(1, "settled", undefined, "keys"));
    expect(named.inputs).not.toContain(decoderInputs.cached(0, "ring_chunk_2", undefined, "keys"));
  });

  it("gives keys that all bands have alike once, where they are near and far too", () => {
    const shifted = names(withPositions({ kind: "string", shiftFrom: 12, window: 4 }));
    expect(shifted.outputs).not.toContain(decoderOutputs.newKeys(0, 1));
    expect(shifted.inputs).toContain(decoderInputs.cached(0, "ring", "far", "keys"));
  });

  it("gives back the chunk's keys in every band's rotation, its values, the logits and the likeliest tokens", () => {
    expect(names(selfExtend({ groupSize: 2, window: 8 })).outputs.toSorted()).toEqual(
      [
        decoderOutputs.logits,
        decoderOutputs.likeliest,
        ...[0, 1].flatMap((layer) => [
          decoderOutputs.newKeys(layer, 0),
          decoderOutputs.newKeys(layer, 1),
          decoderOutputs.newValues(layer),
        ]),
      ].toSorted(),
    );
  });

  it.each<readonly [string, ContextExtension]>([
    ["one band", {}],
    ["a window", slidingWindow({ window: 8 })],
    ["near and far", selfExtend({ groupSize: 2, window: 8 })],
    ["bands by chunks", chunks],
    ["any bands", withPositions({ kind: "sinks", sinks: 2, window: 8 })],
  ])("of %s has no branch and no loop when its operators are plain", (_, extension) => {
    expect(() => checkModel(graphOf(extension, "plain"))).not.toThrow();
    const branching = ["If", "Loop", "Scan"];
    const [all, plain] = [kinds(graphOf(extension).graph!), kinds(graphOf(extension, "plain").graph!)];
    expect(branching.filter((kind) => all.has(kind))).toEqual(["If", "Scan"]);
    expect(branching.filter((kind) => plain.has(kind))).toEqual([]);
  });

  it("of plain operators looks up in float32 alone, and refuses a cache in 8 bits", () => {
    const half = {
      locate: (name: string) => ({
        ...source.locate(name),
        type: "float16" as const,
        length: source.locate(name).length / 2,
      }),
    };
    const { graph } = decoderGraph(extendDecoder(decoder, {}), half, { operators: "plain" });
    const lookUp = graph!.node.find(({ opType, input }) => opType === "Gather" && input[1] === decoderInputs.ids)!;
    expect(graph!.node.find(({ output }) => output[0] === lookUp.input[0])!.opType).toBe("Cast");
    const quantized = extendDecoder(decoder, {}, { cache: "q8" });
    expect(() => decoderGraph(quantized, source, { operators: "plain" })).toThrow(
      "decoderGraph: a graph of plain operators needs a cache in float32 or float16, got q8",
    );
  });

  it("names weights by place instead of holding them", () => {
    const { graph } = graphOf({});
    const held = graph!.initializer.filter(({ name }) => name in decoder.tensors);
    expect(held).toHaveLength(Object.keys(decoder.tensors).length);
    expect(held.every(({ rawData }) => rawData.length === 0)).toBe(true);
  });
});

describe("decoderGraph in float16", () => {
  const types = (cache: "float32" | "float16", precision: "float32" | "float16") => {
    const extended = extendDecoder(decoder, selfExtend({ groupSize: 2, window: 8 }), { cache });
    const model = decoderGraph(extended, source, { operators: "plain", precision });
    expect(() => checkModel(model)).not.toThrow();
    const values = [...model.graph!.input, ...model.graph!.output].map(valueOfInfo);
    const named = (type: string) => values.filter((value) => value.type === type).map(({ name }) => name);
    return { model, half: named("float16"), full: named("float32") };
  };
  const ofCache = /^layers\.\d+\.(settled|tail|ring|new)_/;

  it("takes and gives the cache in float16 where it is kept so, and everything else in float32", () => {
    const { half, full } = types("float16", "float32");
    expect(half).toHaveLength(2 * (2 + 2 + 3 + 3));
    expect(half.every((name) => ofCache.test(name))).toBe(true);
    expect(full.some((name) => ofCache.test(name))).toBe(false);
    expect(full).toContain(decoderOutputs.logits);
    expect(types("float32", "float16").half).toEqual([]);
  });

  it("multiplies with weights in float16 where that is the precision, in sums that are not long", () => {
    const casts = (precision: "float32" | "float16") => {
      const { node } = types("float32", precision).model.graph!;
      const given = new Set<unknown>(Object.values(decoderOutputs));
      const ofWeights = node.filter(({ opType, output }) => opType === "Cast" && !given.has(output[0]));
      return new Set(ofWeights.flatMap(({ input }) => input));
    };
    const weights = Object.keys(decoder.tensors).filter((name) => name !== "norm");
    expect(weights.filter((name) => casts("float16").has(name))).toEqual(weights);
    expect(casts("float16").has("norm")).toBe(false);
    expect([...casts("float32")]).toEqual([]);
    const product = (inner: number) => {
      const graph = tape();
      const at = { location: "weights", type: "float16" as const, offset: 0, length: 2 * 3 * inner };
      const { product: record } = storedWeights({ w: [3, inner] }, { locate: () => at }, "plain", "float16");
      graph.output("out", record(graph, "w", graph.input("x", "float32", ["rows", inner])));
      const shapes = graph
        .model()
        .graph!.initializer.flatMap((tensor) => (tensor.name === "w" ? [] : [Array.from(tensorToArray(tensor).data)]));
      return shapes.find((shape) => shape.length === 3 && shape[0] === 0)?.at(-1);
    };
    expect([512, 1024, 11_008, 1021].map(product)).toEqual([undefined, 512, 344, 1]);
  });

  it("needs plain operators for a cache in float16", () => {
    const extended = extendDecoder(decoder, {}, { cache: "float16" });
    expect(() => decoderGraph(extended, source)).toThrow(
      "a cache in float16 needs a graph of plain operators, got one of all",
    );
  });
});
