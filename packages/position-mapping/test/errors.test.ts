import {
  capacity,
  chooseSelfExtend,
  largestWindow,
  leakyReRope,
  plain,
  relativePosition,
  relativePositions,
  reRope,
  selfExtend,
  slidingWindow,
  smallestGroupSize,
} from "@ropewalk/position-mapping";
import { describe, expect, it } from "vitest";

const text = "8" as unknown as number;
const missing = undefined as unknown as number;

const errorOf = (call: () => unknown): unknown => {
  try {
    return call();
  } catch (error) {
    return [(error as Error).constructor, (error as Error).message];
  }
};

describe("wrong values are refused with the function, the argument, the rule and the value", () => {
  it.each<[() => unknown, string]>([
    [() => selfExtend({ groupSize: 0, window: 4 }), "selfExtend: groupSize must be an integer >= 1, got 0"],
    [() => selfExtend({ groupSize: 2.5, window: 4 }), "selfExtend: groupSize must be an integer >= 1, got 2.5"],
    [() => selfExtend({ groupSize: NaN, window: 4 }), "selfExtend: groupSize must be an integer >= 1, got NaN"],
    [() => selfExtend({ groupSize: 2, window: 0 }), "selfExtend: window must be an integer >= 1, got 0"],
    [() => selfExtend({ groupSize: 2, window: Infinity }), "selfExtend: window must be an integer >= 1, got Infinity"],
    [() => reRope({ window: 0 }), "reRope: window must be an integer >= 1, got 0"],
    [() => slidingWindow({ window: -3 }), "slidingWindow: window must be an integer >= 1, got -3"],
    [() => leakyReRope({ factor: 2, window: 1.5 }), "leakyReRope: window must be an integer >= 1, got 1.5"],
    [() => leakyReRope({ factor: 0.9, window: 4 }), "leakyReRope: factor must be finite and >= 1, got 0.9"],
    [() => leakyReRope({ factor: Infinity, window: 4 }), "leakyReRope: factor must be finite and >= 1, got Infinity"],
    [() => leakyReRope({ factor: NaN, window: 4 }), "leakyReRope: factor must be finite and >= 1, got NaN"],
    [() => capacity(plain(), 0), "capacity: trainedContext must be an integer >= 1, got 0"],
    [() => capacity(plain(), 4096.5), "capacity: trainedContext must be an integer >= 1, got 4096.5"],
    [() => capacity(reRope({ window: 65 }), 64), "capacity: window must be <= trainedContext 64, got 65"],
    [() => relativePosition(plain(), -1, 0), "relativePosition: i must be an integer >= 0, got -1"],
    [() => relativePosition(plain(), 1, 0.5), "relativePosition: j must be an integer >= 0, got 0.5"],
    [() => relativePositions(plain(), 0), "relativePositions: numTokens must be an integer >= 1, got 0"],
    [
      () => smallestGroupSize({ window: 0, trainedContext: 8, length: 9 }),
      "smallestGroupSize: window must be an integer >= 1, got 0",
    ],
    [
      () => largestWindow({ groupSize: 2, trainedContext: 8, length: 9.5 }),
      "largestWindow: length must be an integer >= 1, got 9.5",
    ],
    [
      () => chooseSelfExtend({ trainedContext: 64, length: 0 }),
      "chooseSelfExtend: length must be an integer >= 1, got 0",
    ],
    [
      () => chooseSelfExtend({ trainedContext: NaN, length: 9 }),
      "chooseSelfExtend: trainedContext must be an integer >= 1, got NaN",
    ],
    [
      () => chooseSelfExtend({ trainedContext: 64, length: 9, window: 0 }),
      "chooseSelfExtend: window must be an integer >= 1, got 0",
    ],
    [
      () => chooseSelfExtend({ trainedContext: 64, length: 9, window: 65 }),
      "chooseSelfExtend: window must be <= trainedContext 64, got 65",
    ],
    [
      () => chooseSelfExtend({ trainedContext: 64, length: 128, window: 32, reach: 0.5 }),
      "chooseSelfExtend: window must be < reach 0.5 * trainedContext 64, got 32",
    ],
    [
      () => chooseSelfExtend({ trainedContext: 64, length: 128, reach: 0 }),
      "chooseSelfExtend: reach must be > 0 and <= 1, got 0",
    ],
    [
      () => chooseSelfExtend({ trainedContext: 64, length: 128, reach: 1.5 }),
      "chooseSelfExtend: reach must be > 0 and <= 1, got 1.5",
    ],
  ])("%s", (call, message) => {
    expect(errorOf(call)).toEqual([RangeError, message]);
  });
});

describe("wrong types are refused", () => {
  it.each<[() => unknown, string]>([
    [() => selfExtend({ groupSize: text, window: 4 }), 'selfExtend: groupSize must be a number, got "8"'],
    [() => reRope({ window: missing }), "reRope: window must be a number, got nothing"],
    [() => leakyReRope({ factor: text, window: 4 }), 'leakyReRope: factor must be a number, got "8"'],
    [() => capacity(plain(), text), 'capacity: trainedContext must be a number, got "8"'],
    [
      () => chooseSelfExtend({ trainedContext: 64, length: 128, reach: text }),
      'chooseSelfExtend: reach must be a number, got "8"',
    ],
  ])("%s", (call, message) => {
    expect(errorOf(call)).toEqual([TypeError, message]);
  });
});
