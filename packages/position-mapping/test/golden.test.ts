import {
  capacity,
  chooseSelfExtend,
  leakyReRope,
  plain,
  relativePositions,
  reRope,
  selfExtend,
  slidingWindow,
  smallestGroupSize,
  type PositionMapping,
} from "@ropewalk/position-mapping";
import { describe, expect, it } from "vitest";
import vectors from "./vectors/self-extend-matrices.json" with { type: "json" };

// Other methods, which this package does not offer: llama.cpp's in-place variant, whose positions depend on when they
// are compressed, and dual chunk attention, whose positions are those within chunks.
const ofOtherMethods = ["llamacpp_main_L16_w4_n2_token_by_token", "dca_L12_c6_l2"];

// A key names the method, the number of tokens and the parameters.
const methods: readonly [RegExp, (...numbers: number[]) => PositionMapping][] = [
  [/^se_L(\d+)_W(\d+)_G(\d+)$/, (_, window, groupSize) => selfExtend({ groupSize: groupSize!, window: window! })],
  [/^rerope_L(\d+)_w(\d+)$/, (_, window) => reRope({ window: window! })],
  [/^leaky_L(\d+)_w(\d+)_k(\d+)$/, (_, window, factor) => leakyReRope({ factor: factor!, window: window! })],
];

const ours = Object.entries(vectors)
  .filter(([key]) => !ofOtherMethods.includes(key))
  .map(([key, matrix]) => {
    for (const [pattern, mappingOf] of methods) {
      const numbers = pattern.exec(key)?.slice(1).map(Number);
      if (numbers) return { key, matrix, numTokens: numbers[0]!, mapping: mappingOf(...numbers) };
    }
    throw new Error(`no mapping for the golden matrix ${key}`);
  });

describe("golden matrices", () => {
  it("covers every matrix but those of other methods", () => {
    expect(ours.map(({ key }) => key)).toEqual([
      "se_L10_W4_G2",
      "se_L16_W4_G2",
      "se_L16_W4_G3",
      "se_L16_W5_G2",
      "se_L16_W6_G4",
      "se_L12_W3_G4",
      "rerope_L10_w6",
      "leaky_L10_w4_k2",
    ]);
    expect(Object.keys(vectors)).toHaveLength(ours.length + ofOtherMethods.length);
  });

  it.each(ours)("$key", ({ matrix, numTokens, mapping }) => {
    expect(matrix).toHaveLength(numTokens);
    expect(relativePositions(mapping, numTokens)).toEqual(matrix);
  });

  it.each([
    // The figure of SelfExtend's repository: 10 tokens, W = 4, G = 2.
    [selfExtend({ groupSize: 2, window: 4 }), [6, 6, 5, 5, 4, 4, 3, 2, 1, 0]],
    [selfExtend({ groupSize: 2, window: 4 }), [9, 9, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4, 3, 2, 1, 0]],
    [selfExtend({ groupSize: 3, window: 4 }), [8, 8, 8, 7, 7, 7, 6, 6, 6, 5, 5, 5, 3, 2, 1, 0]],
    // G does not divide W: 5 is skipped where the zones meet in row 14, and not in row 15.
    [selfExtend({ groupSize: 2, window: 5 }), [10, 10, 9, 9, 8, 8, 7, 7, 6, 6, 4, 3, 2, 1, 0]],
    [selfExtend({ groupSize: 2, window: 5 }), [10, 10, 9, 9, 8, 8, 7, 7, 6, 6, 5, 4, 3, 2, 1, 0]],
    [selfExtend({ groupSize: 4, window: 6 }), [8, 8, 8, 8, 7, 7, 7, 7, 6, 6, 5, 4, 3, 2, 1, 0]],
    [reRope({ window: 6 }), [6, 6, 6, 6, 5, 4, 3, 2, 1, 0]],
    [leakyReRope({ factor: 2, window: 4 }), [6.5, 6, 5.5, 5, 4.5, 4, 3, 2, 1, 0]],
    [slidingWindow({ window: 4 }), [null, null, null, 3, 2, 1, 0]],
    [plain(), [6, 5, 4, 3, 2, 1, 0]],
  ])("the last row of $name", (mapping, row) => {
    expect(relativePositions(mapping, row.length).at(-1)).toEqual(row);
  });
});

describe("golden capacities", () => {
  it.each([
    [4, 13312],
    [5, 16380],
    [6, 19452],
    [8, 25600],
  ])("groupSize %i with window 1024 holds %i tokens, trained on 4096", (groupSize, tokens) => {
    expect(capacity(selfExtend({ groupSize, window: 1024 }), 4096)).toBe(tokens);
  });
});

describe("golden group sizes", () => {
  it.each([
    // trainedContext, window, length: smallest that fits, with reach 2/3, with reach 1/2
    [4096, 1024, 16384, 6, 10, 16],
    [4096, 1024, 25600, 8, 15, 25],
    [4096, 1024, 32768, 11, 19, 32],
    [8192, 1024, 16384, 3, 4, 6],
    [8192, 1024, 24576, 4, 6, 8],
    [2048, 512, 4096, 3, 5, 8],
    [2048, 512, 6144, 4, 7, 12],
    [2048, 512, 8192, 6, 10, 16],
    [8192, 1024, 131072, 19, 30, 43],
  ])("trained on %i, window %i, %i tokens: %i, %i, %i", (trainedContext, window, length, fit, twoThirds, half) => {
    const config = { trainedContext, window, length };
    expect(smallestGroupSize(config)).toBe(fit);
    expect(chooseSelfExtend({ ...config, reach: 2 / 3 })).toEqual({
      groupSize: twoThirds,
      window,
    });
    expect(chooseSelfExtend({ ...config, reach: 1 / 2 })).toEqual({ groupSize: half, window });
  });
});
