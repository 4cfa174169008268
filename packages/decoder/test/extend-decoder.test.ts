import type { EntropyScaling } from "@ropewalk/entropy-scaling";
import type { BandByChunk, BandByDistance } from "@ropewalk/position-mapping";
import { describe, expect, it } from "vitest";
import {
  frequenciesFor,
  mrRope,
  positionInterpolation,
  reRope,
  selfExtend,
  slidingWindow,
  withPositions,
} from "@ropewalk/context-extension";
import { chunkNumbers, extendDecoder, type Decoder } from "../src/index.ts";

const decoder: Decoder = {
  family: "test",
  vocabSize: 10,
  hiddenDim: 8,
  feedForwardDim: 12,
  numLayers: 3,
  numHeads: 2,
  numKvHeads: 1,
  headDim: 4,
  trainedContext: 64,
  rope: { theta: 10_000, rotaryDim: 4, layout: "halves", scaling: { kind: "default" } },
  slidingWindow: undefined,
  tensors: {},
  projections: [],
  embedding: "embed",
  unembedding: "embed",
  embed: (_, ids) => ids,
  layer: (_, __, hidden) => hidden,
  unembed: (_, hidden) => hidden,
};

describe("extendDecoder", () => {
  it("is the model as it is when nothing is asked", () => {
    expect(extendDecoder(decoder, {})).toMatchObject({
      attentionPath: { kind: "everything" },
      capacity: 64,
      scaling: { kind: "default" },
    });
  });

  it("reads the path of attention off the bands, never off a name", () => {
    expect(extendDecoder(decoder, selfExtend({ groupSize: 4, window: 16 })).attentionPath).toEqual({
      kind: "near-far",
      window: 16,
    });
    expect(extendDecoder(decoder, slidingWindow({ window: 16 })).attentionPath).toEqual({ kind: "window", window: 16 });
    const own = { ...selfExtend({ groupSize: 2, window: 8 }).positions!, name: "my own" };
    expect(extendDecoder(decoder, { positions: own }).attentionPath).toEqual({ kind: "near-far", window: 8 });
  });

  it("knows capacity exactly", () => {
    expect(extendDecoder(decoder, selfExtend({ groupSize: 4, window: 16 })).capacity).toBe(4 * (64 - 16 + 4));
    expect(extendDecoder(decoder, reRope({ window: 16 })).capacity).toBe(Infinity);
    expect(extendDecoder(decoder, positionInterpolation({ factor: 4 })).capacity).toBe(256);
  });

  it("takes a sliding window that is wider than what was trained on for none", () => {
    const wide = { ...decoder, slidingWindow: 65 };
    expect(extendDecoder(wide, {}, { cache: "q8" })).toMatchObject({
      attentionPath: { kind: "everything" },
      capacity: 64,
    });
    expect(extendDecoder(wide, selfExtend({ groupSize: 4, window: 16 })).notices).toEqual([]);
    const whole = extendDecoder({ ...decoder, slidingWindow: 64 }, {});
    expect([whole.attentionPath, whole.capacity]).toEqual([{ kind: "window", window: 64 }, Infinity]);
    // Here the trained window was set by hand, below that of a config that slides.
    const contextLimit = { by: "sliding_window", tokens: 65, stated: 128 } as const;
    const byHand = extendDecoder({ ...wide, contextLimit }, {});
    expect([byHand.attentionPath, byHand.capacity]).toEqual([{ kind: "window", window: 65 }, 64]);
  });

  it("refuses a window larger than the trained one, and takes bands of any form, none of them twice", () => {
    expect(() => extendDecoder(decoder, selfExtend({ groupSize: 2, window: 65 }))).toThrow(/64.*65|65.*64/);
    const { positions } = selfExtend({ groupSize: 2, window: 8 });
    const [near, far] = positions!.bands as readonly BandByDistance[];
    const gap = { ...positions!, bands: [near!, { ...far!, from: 12 }] };
    expect(extendDecoder(decoder, { positions: gap }).attentionPath).toEqual({ kind: "masked", bands: gap.bands });
    for (const [window, message] of [
      [0, /bands\[0\] of .* must have from < to, got 0 and 0$/],
      [1.5, /bands\[0\]\.to of .* must be an integer >= 0, got 1\.5$/],
      [Infinity, /bands\[1\] of .* must have from < to, got Infinity and Infinity$/],
    ] as const) {
      const none = {
        ...positions!,
        bands: [
          { ...near!, to: window },
          { ...far!, from: window },
        ],
      };
      expect(() => extendDecoder(decoder, { positions: none })).toThrow(message);
      const alone = { positions: { ...none, bands: [none.bands[0]!] } };
      if (window < Infinity) expect(() => extendDecoder(decoder, alone)).toThrow(message);
    }
    const three = { ...positions!, bands: [near!, { ...far!, to: 20 }, { ...far!, from: 20 }] };
    expect(extendDecoder(decoder, { positions: three }).attentionPath.kind).toBe("masked");
    const dual = withPositions({ kind: "dual-chunk", chunkSize: 20, localSize: 5 }).positions!;
    expect(extendDecoder(decoder, { positions: dual }).attentionPath).toEqual({
      kind: "chunked",
      chunkLen: 15,
      ringChunks: 2,
    });
    const [own, before, earlier] = dual.bands as readonly BandByChunk[];
    // Keys of their own, a gap, an end: nothing that goes on chunk by chunk.
    for (const bands of [
      [own!, { ...before!, key: (j: number) => j % 15 }, earlier!],
      [own!, before!, { ...earlier!, from: 3 }],
      [own!, before!],
    ])
      expect(extendDecoder(decoder, { positions: { ...dual, bands } }).attentionPath.kind).toBe("masked");
    const two = { ...dual, bands: [own!, { ...before!, to: Infinity }] };
    expect(extendDecoder(decoder, { positions: two }).attentionPath).toEqual({
      kind: "chunked",
      chunkLen: 15,
      ringChunks: 1,
    });
    const twice = { ...positions!, bands: [near!, { ...far!, from: 7 }] };
    expect(() => extendDecoder(decoder, { positions: twice })).toThrow(
      /must not overlap, got the distances \[0, 8\) and \[7, Infinity\)$/,
    );
    const without = { ...positions!, bands: [far!] };
    expect(() => extendDecoder(decoder, { positions: without })).toThrow(
      /every query a key, got none of 1 for query 0$/,
    );
    expect(() => extendDecoder(decoder, { positions: three }, { cache: "q8" })).toThrow(
      /cache in q8 needs tokens that leave/,
    );
  });

  it("takes frequencies of one's own, and the window that they are made for", () => {
    const rope = {
      kind: "custom",
      frequencies: () => ({ inverseFrequencies: [1, 0.5], attentionScale: 1.5 }),
      factor: 4,
    } as const;
    const extended = extendDecoder(decoder, { rope });
    expect([extended.capacity, frequenciesFor(extended, 200)[0]!.attentionScale]).toEqual([256, 1.5]);
    expect(() =>
      extendDecoder(decoder, { rope: { ...rope, frequencies: () => ({ inverseFrequencies: [1] }) } }),
    ).toThrow(RangeError("ropeFrequencies: inverseFrequencies.length must be 2, got 1"));
    expect(extendDecoder(decoder, mrRope({ variant: "uniform", factor: 2, originalContext: 64 })).capacity).toBe(128);
  });

  it("takes a scaling of the queries of one's own", () => {
    const entropy = {
      kind: "custom",
      scale: ({ layer, position }) => 1 + layer + position / 10,
    } as const satisfies EntropyScaling;
    const extended = extendDecoder(decoder, { entropy });
    const { query_scale: numbers } = chunkNumbers(extended, frequenciesFor(extended, 8), { start: 4, length: 2 });
    expect([...numbers!.data].map((scale) => 2 * scale)).toEqual(
      [1.4, 1.5, 2.4, 2.5, 3.4, 3.5].map((scale) => expect.closeTo(scale, 6)),
    );
  });

  it("takes positions by a scheme of one's own", () => {
    const { config: _, ...positions } = selfExtend({ groupSize: 2, window: 8 }).positions!;
    const own = withPositions({ kind: "custom", ...positions });
    expect(extendDecoder(decoder, own).attentionPath).toEqual({ kind: "near-far", window: 8 });
  });

  it("refuses scalings that do not fit the checkpoint", () => {
    const wrong = { kind: "longrope", shortFactor: [1], longFactor: [1, 1], factor: 2, originalContext: 64 } as const;
    expect(() => extendDecoder(decoder, { rope: wrong })).toThrow(/longFactor.length must be 1, got 2/);
  });
});
