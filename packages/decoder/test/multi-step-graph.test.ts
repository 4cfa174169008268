/** Several steps in one graph against the chunk of the same tokens, both evaluated in float64. */
import { checkModel, evaluate, ndArray, tape, valueOfInfo, type ModelProto, type NdArray } from "@ropewalk/graph";
import { describe, expect, it } from "vitest";
import {
  frequenciesFor,
  logN,
  selfExtend,
  slidingWindow,
  withPositions,
  type ContextExtension,
} from "@ropewalk/context-extension";
import {
  multiStepGraph,
  chunkMasks,
  chunkNumbers,
  maskedScore,
  decoderGraph,
  extendDecoder,
  farFrom,
  decoderInputs,
  decoderOutputs,
  ringChunks,
  type ExtendedDecoder,
} from "../src/index.ts";
import { decoder, source } from "./small-decoder.ts";

const cases: readonly (readonly [string, ContextExtension])[] = [
  ["one band", {}],
  ["a window", slidingWindow({ window: 8 })],
  ["near and far", selfExtend({ groupSize: 2, window: 8 })],
  ["log-n", logN({ trainedContext: 4 })],
  ["bands by chunks, the first", withPositions({ kind: "dual-chunk", chunkSize: 26, localSize: 4 })],
  ["bands by chunks, the third", withPositions({ kind: "dual-chunk", chunkSize: 10, localSize: 3 })],
  ["a band of another rule", withPositions({ kind: "sinks", sinks: 2, window: 5 })],
];

const wave = (dims: readonly number[], seed: number): NdArray =>
  ndArray(
    "float32",
    dims,
    Array.from({ length: dims.reduce((size, dim) => size * dim, 1) }, (_, index) => Math.sin(seed + index * 1.618)),
  );

const weights = Object.fromEntries(
  Object.entries(decoder.tensors).map(([name, dims], index) => [name, wave(dims, 10 * index)]),
);

const chunk = { start: 15, length: 6 };

/** Everything that the chunk reads but its ids, with noise in a cache of 15 tokens. */
const cacheFeeds = (extended: ExtendedDecoder, model: ModelProto): Record<string, NdArray> => {
  const { attentionPath } = extended;
  const far = farFrom(attentionPath, chunk.start);
  const widths = { settled: far > 0 ? 2 : 0, tailLen: Math.max(1, far), ringLen: 8 };
  const ringLen =
    attentionPath.kind === "masked"
      ? chunk.start
      : attentionPath.kind === "chunked"
        ? attentionPath.chunkLen
        : widths.ringLen;
  const chunks = ringChunks(attentionPath, chunk.start).map((tokens) => (tokens > 0 ? ringLen : 1));
  const recent = {
    everything: [widths.tailLen],
    window: [8],
    "near-far": [widths.tailLen, 8],
    masked: [ringLen],
    chunked: [widths.tailLen, ...chunks.toReversed()],
  }[attentionPath.kind];
  const sizes: Readonly<Record<string, number>> = {
    settledLen: 2,
    tailLen: widths.tailLen,
    ringLen,
    ringFarLen: 8,
    ...Object.fromEntries(chunks.map((len, back) => [`ringChunk${back}Len`, len])),
  };
  const keys = (mask: string): number =>
    mask === decoderInputs.tailMask(0)
      ? widths.tailLen
      : (chunks[chunks.findIndex((_, back) => mask === decoderInputs.ringChunkMask(0, back))] ?? ringLen);
  const numbers = {
    ...chunkNumbers(extended, frequenciesFor(extended, 64), chunk),
    ...chunkMasks(0, attentionPath, chunk, { settled: widths.settled, keys }),
  };
  const feeds: Record<string, NdArray> = {
    ...Object.fromEntries(
      Object.entries(numbers).map(([name, { dims, data }]) => [name, ndArray("float32", dims, data)]),
    ),
    [decoderInputs.recentLengths(0)]: ndArray("int64", [recent.length + 1], [...recent, chunk.length]),
  };
  for (const { name, dims } of model.graph!.input.map(valueOfInfo)) {
    if (name === decoderInputs.settledGate(0)) feeds[name] = ndArray("float32", [1], [far > 0 ? 0 : maskedScore]);
    if (name.startsWith("layers"))
      feeds[name] = wave(
        dims!.map((dim) => (typeof dim === "number" ? dim : sizes[dim!]!)),
        name.length,
      );
  }
  return feeds;
};

const run = (extension: ContextExtension, stops: readonly number[]) => {
  const extended = extendDecoder(decoder, extension);
  const [chunkModel, block] = [decoderGraph(extended, source), multiStepGraph(decoder, decoderGraph(extended, source))];
  checkModel(block);
  const feeds = { ...weights, ...cacheFeeds(extended, chunkModel) };
  const one = (value: number): NdArray => ndArray("float64", [1], [value]);
  const ran = evaluate(block, {
    ...feeds,
    [decoderInputs.ids]: ndArray("int64", [1], [7]),
    [decoderInputs.stopTokens]: ndArray("int64", [stops.length], stops),
    [decoderInputs.uniforms]: ndArray(
      "float64",
      [chunk.length],
      Array.from({ length: chunk.length }, () => 0),
    ),
    [decoderInputs.topK]: ndArray("int64", [1], [1]),
    [decoderInputs.temperature]: one(1),
    [decoderInputs.topP]: one(1),
  });
  const chunked = (tokens: readonly number[]) =>
    evaluate(chunkModel, {
      ...feeds,
      [decoderInputs.ids]: ndArray("int64", [chunk.length], [7, ...tokens].slice(0, chunk.length)),
      [decoderInputs.logitRows]: ndArray(
        "int64",
        [chunk.length],
        Array.from({ length: chunk.length }, (_, row) => row),
      ),
    });
  return { ran, chunked, tokens: [...ran[decoderOutputs.tokens]!.data] };
};

const kept = ({ dims, data }: NdArray): readonly (readonly number[])[] => {
  const [, heads, rows, width] = dims as readonly [number, number, number, number];
  return Array.from({ length: rows }, (_, r) =>
    Array.from({ length: heads }, (__, head) =>
      Array.from(data.subarray((head * rows + r) * width, (head * rows + r + 1) * width)),
    ).flat(),
  );
};

describe("multiStepGraph", () => {
  it.each(cases)("%s: picks what the chunk's logits say, and leaves its keys and values", (_, extension) => {
    const { ran, chunked, tokens } = run(extension, [-1]);
    const expected = chunked(tokens);
    const logits = expected[decoderOutputs.logits]!.data;
    const { vocabSize } = decoder;
    expect([...expected[decoderOutputs.likeliest]!.data]).toEqual(tokens);
    expect(tokens).toEqual(
      Array.from({ length: chunk.length }, (__, at) => {
        const own = Array.from(logits.subarray(at * vocabSize, (at + 1) * vocabSize));
        return own.indexOf(Math.max(...own));
      }),
    );
    for (const [name, array] of Object.entries(expected)) {
      if (name === decoderOutputs.logits || name === decoderOutputs.likeliest) continue;
      expect(ran[name]!.dims).toEqual(array.dims);
      array.data.forEach((x, index) => expect(ran[name]!.data[index]).toBeCloseTo(x, 9));
    }
  });

  it("ends behind a stop token, with what was run until then", () => {
    const whole = run({}, [-1]);
    const stop = whole.tokens[2]!;
    const ended = run({}, [3_000, stop]);
    const steps = whole.tokens.indexOf(stop) + 1;
    expect(steps).toBeLessThan(chunk.length);
    expect(ended.tokens).toEqual(whole.tokens.slice(0, steps));
    const name = decoderOutputs.newKeys(1, 0);
    expect(kept(ended.ran[name]!)).toEqual(kept(whole.ran[name]!).slice(0, steps));
  });

  it("refuses what is no chunk's graph, and keys and values in float16", () => {
    const extended = extendDecoder(decoder, {}, { cache: "float16" });
    expect(() => multiStepGraph(decoder, decoderGraph(extended, source, { operators: "plain" }))).toThrow(
      /^multiStepGraph: chunk must give "layers\.0\.new_near_keys" out in float32, got float16$/,
    );
    const recording = tape();
    recording.output("y", recording.op("Neg", [recording.input("x", "float32", [1])]));
    expect(() => multiStepGraph(decoder, recording.model())).toThrow(
      'multiStepGraph: chunk must give out "logits", got y',
    );
  });

  it("reads what a chunk reads, besides what it picks tokens by", () => {
    const extended = extendDecoder(decoder, selfExtend({ groupSize: 2, window: 8 }), { cache: "q8" });
    const names = (model: ModelProto) => model.graph!.input.map(({ name }) => name).toSorted();
    const own = [
      decoderInputs.stopTokens,
      decoderInputs.uniforms,
      decoderInputs.topK,
      decoderInputs.temperature,
      decoderInputs.topP,
    ];
    const ofChunk = names(decoderGraph(extended, source)).filter((name) => name !== decoderInputs.logitRows);
    expect(names(multiStepGraph(decoder, decoderGraph(extended, source)))).toEqual([...ofChunk, ...own].toSorted());
  });
});
