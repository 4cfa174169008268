/** An extension put on a model's numbers, and on layers that differ. */
import type { BandByDistance } from "@ropewalk/position-mapping";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  attentionGroups,
  compose,
  extendContext,
  extendedKind,
  extendGroups,
  frequenciesFor,
  logN,
  positionInterpolation,
  reRope,
  selfExtend,
  settles,
  slidingWindow,
  withPositions,
  yarn,
  type AttentionKind,
  type DecoderRope,
  type ModelLayers,
} from "../src/index.ts";

const rope: DecoderRope = { theta: 10_000, rotaryDim: 4, layout: "halves", scaling: { kind: "default" } };
const model: ModelLayers = { trainedContext: 64, rope, slidingWindow: undefined, numLayers: 4, headDim: 4 };

describe("extendContext", () => {
  it("is the model as it is when nothing is asked", () => {
    expect(extendContext(model, {})).toMatchObject({
      attentionPath: { kind: "everything" },
      ownPositions: true,
      capacity: 64,
      knownContext: 64,
      notices: [],
      scaling: { kind: "default" },
    });
  });

  it("knows the way that a mapping takes, and whether tokens settle in it", () => {
    const ways = [
      [{}, "everything", true],
      [selfExtend({ groupSize: 4, window: 16 }), "near-far", true],
      [slidingWindow({ window: 16 }), "window", false],
      [withPositions({ kind: "sinks", sinks: 2, window: 16 }), "masked", false],
    ] as const;
    for (const [extension, kind, settling] of ways) {
      const extended = extendContext(model, extension);
      expect([extended.attentionPath.kind, settles(extended)]).toEqual([kind, settling]);
    }
    const { positions } = selfExtend({ groupSize: 2, window: 8 });
    const [near, far] = positions!.bands as readonly BandByDistance[];
    const later = { ...positions!, bands: [near!, { ...far!, from: 12 }] };
    expect(extendContext(model, { positions: later }).attentionPath).toEqual({ kind: "masked", bands: later.bands });
  });

  it("counts the capacity from what a rope scaling of the extension adds", () => {
    expect(extendContext(model, positionInterpolation({ factor: 4 }))).toMatchObject({
      capacity: 256,
      knownContext: 256,
    });
    expect(extendContext(model, reRope({ window: 16 })).capacity).toBe(Infinity);
    const both = compose(selfExtend({ groupSize: 4, window: 16 }), yarn({ factor: 2, originalContext: 64 }));
    expect(extendContext(model, both).capacity).toBe(4 * (128 - 16 + 4));
  });

  it.each([
    [reRope({ window: 65 }), "window of ReRoPE(window 65) must be <= trainedContext 64, got 65"],
    [
      withPositions({ kind: "string", shiftFrom: 80, window: 8 }),
      "window of STRING(shiftFrom 80, window 8) must be <= trainedContext 64, got 80",
    ],
    [
      withPositions({ kind: "sinks", sinks: 4, window: 100 }),
      "window of Sinks(sinks 4, window 100) must be <= trainedContext 64, got 100",
    ],
  ])("refuses a window that was not trained, and names its mapping: case %#", (extension, message) => {
    expect(() => extendContext(model, extension)).toThrow(RangeError(`extendContext: ${message}`));
  });

  it("says that a window is off, and what positions are counted from", () => {
    const sliding = { ...model, slidingWindow: 32 };
    expect(extendContext(sliding, {})).toMatchObject({
      attentionPath: { kind: "window", window: 32 },
      capacity: Infinity,
      notices: [],
    });
    expect(extendContext(sliding, reRope({ window: 16 })).notices).toEqual([
      "the checkpoint's sliding window of 32 tokens is off: ReRoPE(window 16) sets the positions",
    ]);
    const limited = { ...model, contextLimit: { by: "dual_chunk_attention_config", tokens: 64, stated: 512 } } as const;
    expect(extendContext(limited, {}).notices).toEqual([
      "positions are counted from 64 tokens, the checkpoint's dual_chunk_attention_config, and not from " +
        "max_position_embeddings 512: attention had no longer distances in training (trainedContext sets another window)",
    ]);
  });

  it("refuses scalings that do not fit the model", () => {
    const wrong = { kind: "longrope", shortFactor: [1], longFactor: [1], factor: 2, originalContext: 64 } as const;
    expect(() => extendContext(model, { rope: wrong })).toThrow(/shortFactor/);
  });
});

const everything: AttentionKind = { rope, slidingWindow: undefined };
const sliding: AttentionKind = { rope: { ...rope, theta: 500 }, slidingWindow: 8 };
const unrotated: AttentionKind = { rope: undefined, slidingWindow: undefined };
const extension = compose(
  selfExtend({ groupSize: 4, window: 16 }),
  yarn({ factor: 2, originalContext: 64 }),
  logN({ trainedContext: 64 }),
);

describe("extendGroups", () => {
  it("is one group where layers are alike", () => {
    expect(extendGroups(model, extension)).toMatchObject([
      {
        layers: [0, 1, 2, 3],
        attentionPath: { kind: "near-far" },
        rope: { scaling: { kind: "yarn" } },
        scoreScale: 0.5,
      },
    ]);
  });

  it("extends layers that rotate and see everything; scales queries of all that see everything", () => {
    const groups = extendGroups({ ...model, attention: [sliding, everything, unrotated, sliding] }, extension);
    expect(
      groups.map(({ layers, isExtended, attentionPath, rope: rotated, entropy }) => [
        layers,
        isExtended,
        attentionPath.kind,
        rotated?.scaling.kind,
        entropy?.kind,
      ]),
    ).toEqual([
      [[0, 3], false, "window", "default", undefined],
      [[1], true, "near-far", "yarn", "log-n"],
      [[2], false, "everything", undefined, "log-n"],
    ]);
    expect(groups[0]!.rope?.theta).toBe(500);
    const frequencies = frequenciesFor({ groups }, 64);
    expect(frequencies.map((each) => each?.inverseFrequencies.length)).toEqual([2, 2, undefined]);
    expect(frequencies[1]!.attentionScale).toBeCloseTo(0.1 * Math.log(2) + 1, 12);
  });

  it("keeps windows beside layers that see everything, however short the trained window is said to be", () => {
    const attention = [sliding, everything, { ...sliding, slidingWindow: 12 }, unrotated];
    for (const trainedContext of [4, 8, 12, 64, 1000])
      for (const put of [{}, selfExtend({ groupSize: 4, window: 3 })]) {
        const groups = extendGroups({ ...model, trainedContext, attention }, put);
        const [a, b, c, d] = groups.map(({ attentionPath }) => attentionPath);
        expect([a, c, d]).toEqual([
          { kind: "window", window: 8 },
          { kind: "window", window: 12 },
          { kind: "everything" },
        ]);
        expect(b!.kind).toBe("positions" in put ? "near-far" : "everything");
        expect(groups.map(({ isExtended }) => isExtended)).toEqual([false, true, false, false]);
      }
  });

  it("puts positions where windows were, where every layer has one", () => {
    const groups = extendGroups(
      { ...model, slidingWindow: 8, attention: [sliding, sliding, sliding, sliding] },
      extension,
    );
    expect(groups).toMatchObject([
      { layers: [0, 1, 2, 3], attentionPath: { kind: "near-far" }, entropy: { kind: "log-n" } },
    ]);
  });

  it("takes every layer once, whatever they are", () => {
    const kind = fc.constantFrom(
      everything,
      sliding,
      unrotated,
      { ...everything, softcap: 30 },
      { ...sliding, scoreScale: 1 },
    );
    fc.assert(
      fc.property(fc.array(kind, { minLength: 1, maxLength: 12 }), (attention) => {
        const groups = extendGroups({ ...model, numLayers: attention.length, attention }, extension);
        expect(groups.flatMap(({ layers }) => layers).toSorted((a, b) => a - b)).toEqual(
          attention.map((_, layer) => layer),
        );
        for (const { layers, softcap, scoreScale } of groups)
          for (const layer of layers) {
            expect(softcap).toBe(attention[layer]!.softcap);
            expect(scoreScale).toBe(attention[layer]!.scoreScale ?? 0.5);
          }
        expect(attentionGroups({ ...model, numLayers: attention.length, attention })).toHaveLength(groups.length);
      }),
    );
  });
});

describe("extendedKind", () => {
  it("is the first that rotates and sees everything, or the first that rotates where all slide", () => {
    expect(extendedKind([sliding, unrotated, everything])).toEqual(everything);
    expect(extendedKind([sliding, sliding])).toEqual(sliding);
    expect(extendedKind([sliding, unrotated])).toBeUndefined();
  });
});
