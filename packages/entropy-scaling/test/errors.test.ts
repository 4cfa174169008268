import {
  attentionEntropy,
  queryScale,
  queryScaleCurve,
  queryScales,
  type EntropyScaling,
} from "@ropewalk/entropy-scaling";
import { describe, expect, it } from "vitest";

const text = "8" as unknown as number;
const at = { layer: 0, position: 0 };
const logN: EntropyScaling = { kind: "log-n", trainedContext: 64 };

const errorOf = (call: () => unknown): unknown => {
  try {
    return call();
  } catch (error) {
    return [(error as Error).constructor, (error as Error).message];
  }
};

describe("wrong values are refused with the function, the argument, the rule and the value", () => {
  it.each<[() => unknown, string]>([
    [
      () => queryScale({ kind: "log-n", trainedContext: 1 }, at),
      "queryScale: trainedContext must be an integer >= 2, got 1",
    ],
    [
      () => queryScale({ kind: "log-n", trainedContext: 64.5 }, at),
      "queryScale: trainedContext must be an integer >= 2, got 64.5",
    ],
    [
      () => queryScale({ kind: "entropy-abf", trainedContext: NaN }, at),
      "queryScale: trainedContext must be an integer >= 2, got NaN",
    ],
    [
      () => queryScale({ kind: "entropy-abf", trainedContext: 1, exemptLayers: 2 }, at),
      "queryScale: trainedContext must be an integer >= 2, got 1",
    ],
    [
      () => queryScales({ kind: "entropy-abf", trainedContext: 64, exemptLayers: -1 }, 0, []),
      "queryScales: exemptLayers must be an integer >= 0, got -1",
    ],
    [
      () => queryScale({ kind: "yarn-temperature", factor: 0.5 }, at),
      "queryScale: factor must be finite and >= 1, got 0.5",
    ],
    [
      () => queryScale({ kind: "yarn-temperature", factor: Infinity }, at),
      "queryScale: factor must be finite and >= 1, got Infinity",
    ],
    [() => queryScale(logN, { layer: -1, position: 0 }), "queryScale: layer must be an integer >= 0, got -1"],
    [() => queryScale(logN, { layer: 0, position: -1 }), "queryScale: position must be an integer >= 0, got -1"],
    [() => queryScale(logN, { layer: 0, position: 0.5 }), "queryScale: position must be an integer >= 0, got 0.5"],
    [() => queryScales(logN, 0.5, [0]), "queryScales: layer must be an integer >= 0, got 0.5"],
    [() => queryScales(logN, 0, [0, -2]), "queryScales: positions[1] must be an integer >= 0, got -2"],
    [() => queryScales(logN, 0, [NaN]), "queryScales: positions[0] must be an integer >= 0, got NaN"],
    [() => queryScales(logN, 0, [1, 2], new Float64Array(3)), "queryScales: out must hold 2 values, got 3"],
    [
      () => attentionEntropy({ keyLen: 0 }, new Float32Array(4)),
      "attentionEntropy: keyLen must be an integer >= 1, got 0",
    ],
    [
      () => attentionEntropy({ keyLen: 3 }, new Float32Array(4)),
      "attentionEntropy: probabilities must hold whole rows of keyLen, got 4 values and keyLen 3",
    ],
    [
      () => attentionEntropy({ keyLen: 2 }, new Float32Array([1, 0]), new Float64Array(2)),
      "attentionEntropy: out must hold 1 values, got 2",
    ],
    [
      () => attentionEntropy({ keyLen: 2 }, new Float64Array([1, 0, 0.5, 0.25])),
      "attentionEntropy: rows must sum to 1 within 0.001, got 0.75 in row 1",
    ],
    [
      () => attentionEntropy({ keyLen: 2 }, new Float64Array([1.5, -0.5])),
      "attentionEntropy: probabilities must be >= 0, got -0.5 in row 0",
    ],
    [
      () => attentionEntropy({ keyLen: 1 }, new Float64Array([1, NaN])),
      "attentionEntropy: probabilities must be >= 0, got NaN in row 1",
    ],
    [
      () => attentionEntropy({ keyLen: 1 }, new Float64Array([Infinity])),
      "attentionEntropy: rows must sum to 1 within 0.001, got Infinity in row 0",
    ],
  ])("%s", (call, message) => {
    expect(errorOf(call)).toEqual([RangeError, message]);
  });
});

describe("wrong types are refused", () => {
  it.each<[() => unknown, string]>([
    [
      () => queryScale({ kind: "log-n", trainedContext: text }, at),
      'queryScale: trainedContext must be a number, got "8"',
    ],
    [() => queryScale({ kind: "yarn-temperature", factor: text }, at), 'queryScale: factor must be a number, got "8"'],
    [() => queryScales(logN, text, []), 'queryScales: layer must be a number, got "8"'],
    [() => queryScales(logN, 0, [text]), 'queryScales: positions[0] must be a number, got "8"'],
    [
      () => attentionEntropy({ keyLen: text }, new Float32Array(8)),
      'attentionEntropy: keyLen must be a number, got "8"',
    ],
  ])("%s", (call, message) => {
    expect(errorOf(call)).toEqual([TypeError, message]);
  });

  it("a custom scale that is not valid, and the curve of a custom scaling", () => {
    const own = (scale: unknown): EntropyScaling => ({ kind: "custom", scale: (() => scale) as never });
    const rule = "scale of layer 0 and position 0 must be";
    expect(errorOf(() => queryScale(own(NaN), at))).toEqual([
      RangeError,
      `queryScale: ${rule} finite and > 0, got NaN`,
    ]);
    expect(errorOf(() => queryScale(own("2"), at))).toEqual([TypeError, `queryScale: ${rule} a number, got "2"`]);
    expect(errorOf(() => queryScales(own(0), 3, [0, 7]))).toEqual([
      RangeError,
      "queryScales: scale of layer 3 and position 0 must be finite and > 0, got 0",
    ]);
    expect(errorOf(() => queryScale({ kind: "custom" } as never, at))).toEqual([
      TypeError,
      "queryScale: scale must be a function, got nothing",
    ]);
    expect(errorOf(() => queryScaleCurve(own(2), 0))).toEqual([
      RangeError,
      "queryScaleCurve: scaling must be a curve max(least, ln(i + 1) / logContext), got one of kind custom",
    ]);
  });

  it("a kind that does not exist", () => {
    const unknown = { kind: "ntk", factor: 2 } as unknown as EntropyScaling;
    const rule = "queryScale: scaling.kind must be one of log-n, entropy-abf, yarn-temperature, custom";
    expect(errorOf(() => queryScale(unknown, at))).toEqual([RangeError, `${rule}, got "ntk"`]);
    const near = { kind: "logn", trainedContext: 64 } as unknown as EntropyScaling;
    expect(errorOf(() => queryScale(near, at))).toEqual([RangeError, `${rule} (log-n is meant?), got "logn"`]);
  });

  it.each<[object]>([
    [logN],
    [{ kind: "entropy-abf", trainedContext: 64 }],
    [{ kind: "yarn-temperature", factor: 2 }],
    [{ kind: "custom", scale: () => 1 }],
  ])("a key that %o does not have", (scaling) => {
    const call = () => queryScale({ ...scaling, layers: 2 } as unknown as EntropyScaling, at);
    expect(call).toThrow(TypeError);
    expect(call).toThrow(/^queryScale: scaling must have no keys but kind, .*, got "layers"$/);
  });

  it("what is no object, no array", () => {
    expect(() => queryScale("log-n" as never, at)).toThrow(
      TypeError('queryScale: scaling must be an object with a kind, got "log-n"'),
    );
    expect(() => queryScale(logN, undefined as never)).toThrow(
      TypeError("queryScale: at must be an object, got nothing"),
    );
    expect(() => queryScales(logN, 0, undefined as never)).toThrow(
      TypeError("queryScales: positions must be an array, got nothing"),
    );
    expect(() => attentionEntropy({ keyLen: 2 }, [0.5, 0.5] as never)).toThrow(
      TypeError("attentionEntropy: probabilities must be a Float32Array or Float64Array, got [0.5, 0.5]"),
    );
    expect(() => attentionEntropy({ keyLength: 2 } as never, new Float32Array(2))).toThrow(/got "keyLength"$/);
  });
});
