import { ropeFrequencies, rotate, rotationTable, type RopeScaling } from "@ropewalk/rope";
import { describe, expect, it } from "vitest";
import { everyScaling, tensor } from "./samples.ts";

const { linear, yarn, llama3, longrope } = everyScaling;
const dynamic = everyScaling["dynamic-ntk"];
const ntk = everyScaling["ntk-aware"];
const mr = everyScaling["mr-rope"];

const own = everyScaling.custom;
const custom = (inverseFrequencies: readonly number[], attentionScale = 1): RopeScaling => ({
  kind: "custom",
  frequencies: () => ({ inverseFrequencies, attentionScale }),
});

const withScaling = (scaling: unknown) => () =>
  ropeFrequencies({ rotaryDim: 8, theta: 10_000, scaling: scaling as RopeScaling });

const factorRule = "ropeFrequencies: factor must be finite and >= 1, got";

describe("ropeFrequencies", () => {
  it.each([
    [{ rotaryDim: 0 }, "rotaryDim must be even, from 2 to Infinity, got 0"],
    [{ rotaryDim: 7 }, "rotaryDim must be even, from 2 to Infinity, got 7"],
    [{ rotaryDim: -2 }, "rotaryDim must be even, from 2 to Infinity, got -2"],
    [{ rotaryDim: 2.5 }, "rotaryDim must be even, from 2 to Infinity, got 2.5"],
    [{ rotaryDim: Infinity }, "rotaryDim must be even, from 2 to Infinity, got Infinity"],
    [{ theta: 0 }, "theta must be finite and > 0, got 0"],
    [{ theta: -1 }, "theta must be finite and > 0, got -1"],
    [{ theta: NaN }, "theta must be finite and > 0, got NaN"],
    [{ theta: Infinity }, "theta must be finite and > 0, got Infinity"],
    [{ seqLen: 0 }, "seqLen must be finite and > 0, got 0"],
    [{ seqLen: NaN }, "seqLen must be finite and > 0, got NaN"],
  ])("%o", (wrong, message) => {
    const config = { rotaryDim: 8, theta: 10_000, scaling: everyScaling.default, ...wrong };
    expect(() => ropeFrequencies(config)).toThrow(new RangeError(`ropeFrequencies: ${message}`));
  });

  describe.each([linear, ntk, dynamic, yarn, llama3, longrope, mr])("factor of $kind", (scaling) => {
    it.each([0.5, 0, -4, NaN, Infinity])("%d", (factor) => {
      expect(withScaling({ ...scaling, factor })).toThrow(new RangeError(`${factorRule} ${factor}`));
    });
    it("missing or of another type", () => {
      const { factor: _, ...without } = scaling;
      const rule = "ropeFrequencies: factor must be a number, got";
      expect(withScaling({ ...without })).toThrow(new TypeError(`${rule} nothing`));
      expect(withScaling({ ...scaling, factor: "4" })).toThrow(new TypeError(`${rule} "4"`));
    });
  });

  describe.each([dynamic, yarn, llama3, longrope, mr])("originalContext of $kind", (scaling) => {
    it.each([0, -4096, NaN, Infinity])("%d", (originalContext) => {
      expect(withScaling({ ...scaling, originalContext })).toThrow(
        new RangeError(`ropeFrequencies: originalContext must be finite and > 0, got ${originalContext}`),
      );
    });
  });

  it.each([
    [{ ...llama3, lowFreqFactor: 0 }, "lowFreqFactor must be finite and > 0, got 0"],
    [{ ...llama3, lowFreqFactor: 4 }, "highFreqFactor must be finite and > 4, got 4"],
    [{ ...llama3, lowFreqFactor: 4, highFreqFactor: 1 }, "highFreqFactor must be finite and > 4, got 1"],
    [{ ...yarn, betaSlow: 0 }, "betaSlow must be finite and > 0, got 0"],
    [{ ...yarn, betaFast: 1, betaSlow: 32 }, "betaFast must be finite and > 32, got 1"],
    [{ ...yarn, attentionFactor: 0 }, "attentionScale must be finite and > 0, got 0"],
    [{ ...yarn, mscale: -Infinity, mscaleAllDim: 1 }, "attentionScale must be finite and > 0, got -Infinity"],
    [{ ...longrope, attentionFactor: -1 }, "attentionScale must be finite and > 0, got -1"],
    [{ ...longrope, originalContext: 1 }, "attentionScale must be finite and > 0, got Infinity"],
    [{ ...longrope, shortFactor: [1, 2, 3] }, "shortFactor.length must be 4, got 3"],
    [{ ...longrope, longFactor: [1, 2, 3, 4, 5] }, "longFactor.length must be 4, got 5"],
    [{ ...longrope, shortFactor: [1, 2, -4, 4] }, "shortFactor must be finite and > 0, got -4"],
    [{ ...longrope, longFactor: [1, 2, 0, 4] }, "longFactor must be finite and > 0, got 0"],
    [{ ...longrope, longFactor: [1, NaN, 2, 4] }, "longFactor must be finite and > 0, got NaN"],
    [{ ...mr, betaFast: 1, betaSlow: 32 }, "betaFast must be finite and > 32, got 1"],
    [{ ...mr, variant: "even" }, 'variant must be one of uniform, progressive, got "even"'],
    [{ ...own, factor: 0.5 }, "factor must be finite and >= 1, got 0.5"],
    [custom([1, 2]), "inverseFrequencies.length must be 4, got 2"],
    [custom([1, 2, NaN, 3]), "inverseFrequencies[2] must be finite, got NaN"],
    [custom([1, 2, 3, 4], 0), "attentionScale must be finite and > 0, got 0"],
    [{ kind: "abf", theta: 0 }, "theta must be finite and > 0, got 0"],
    [{ kind: "abf", theta: -2 }, "theta must be finite and > 0, got -2"],
  ])("%o", (scaling, message) => {
    expect(withScaling(scaling)).toThrow(new RangeError(`ropeFrequencies: ${message}`));
  });

  it("a theta of 1, which leaves yarn without a ramp", () => {
    expect(() => ropeFrequencies({ rotaryDim: 8, theta: 1, scaling: yarn })).toThrow(
      new RangeError("ropeFrequencies: theta must be finite and > 1, got 1"),
    );
  });

  it("an unknown kind", () => {
    const kinds = "default, linear, ntk-aware, dynamic-ntk, yarn, llama3, longrope, abf, mr-rope, custom";
    const rule = `ropeFrequencies: scaling.kind must be one of ${kinds}`;
    expect(withScaling({ kind: "su" })).toThrow(new RangeError(`${rule}, got "su"`));
    expect(withScaling({ kind: "YARN" })).toThrow(new RangeError(`${rule} (yarn is meant?), got "YARN"`));
    expect(withScaling(undefined)).toThrow(TypeError);
  });

  it.each(Object.values(everyScaling))("a key that $kind does not have", (scaling) => {
    expect(withScaling({ ...scaling, beta: 3 })).toThrow(
      /^ropeFrequencies: scaling must have no keys but kind.*"beta"/,
    );
  });

  it.each([
    [{ kind: "custom" }, "frequencies must be a function, got nothing"],
    [{ kind: "custom", frequencies: [1, 2, 3, 4] }, "frequencies must be a function, got [1, 2, 3, 4]"],
    [{ kind: "custom", frequencies: () => null }, "config must be an object, got null"],
    [
      { kind: "custom", frequencies: () => ({ inverseFrequencies: [1, 2, 3, 4], attention_scale: 2 }) },
      'config must have no keys but inverseFrequencies, attentionScale, got "attention_scale"; attentionScale is meant?',
    ],
    // A custom scaling may not set what only the library's scalings change.
    [
      { kind: "custom", frequencies: () => ({ inverseFrequencies: [1, 2, 3, 4], theta: 2 }) },
      'config must have no keys but inverseFrequencies, attentionScale, got "theta"',
    ],
    [{ kind: "custom", frequencies: () => ({}) }, "inverseFrequencies must be an Array or Float64Array, got nothing"],
    [
      { kind: "custom", frequencies: () => ({ inverseFrequencies: ["1", 2, 3, 4] }) },
      'inverseFrequencies[0] must be a number, got "1"',
    ],
    [
      { kind: "custom", frequencies: () => ({ inverseFrequencies: [1, 2, 3, 4], attentionScale: "2" }) },
      'attentionScale must be a number, got "2"',
    ],
  ])("custom frequencies that are not valid: case %#", (scaling, message) => {
    expect(withScaling(scaling)).toThrow(new TypeError(`ropeFrequencies: ${message}`));
  });

  it("what people write elsewhere", () => {
    const snake = { kind: "linear", factor: 4, original_max_position_embeddings: 4096 };
    expect(withScaling(snake)).toThrow(/^ropeFrequencies: scaling must have no keys but kind, factor, got/);
    const config = { rotaryDim: 8, theta: 1e4, scaling: everyScaling.default, seqLength: 5 };
    expect(() => ropeFrequencies(config)).toThrow(/got "seqLength"$/);
    expect(() => ropeFrequencies(undefined as never)).toThrow("ropeFrequencies: config must be an object, got nothing");
  });
});

describe("rotationTable", () => {
  const frequencies = ropeFrequencies({
    rotaryDim: 8,
    theta: 10_000,
    scaling: everyScaling.default,
  });
  it.each([
    [8, 7, "rotationTable: sin.length must be 8, got 7"],
    [12, 8, "rotationTable: cos.length must be 8, got 12"],
    [4, 4, "rotationTable: cos.length must be 8, got 4"],
  ])("out of %i and %i values", (cos, sin, message) => {
    const out = { cos: new Float32Array(cos), sin: new Float32Array(sin) };
    expect(() => rotationTable(frequencies, [1, 2], out)).toThrow(new RangeError(message));
  });
});

describe("rotationTable, given values that are not finite numbers", () => {
  const frequencies = ropeFrequencies({ rotaryDim: 4, theta: 10_000, scaling: everyScaling.default });
  it.each([
    [frequencies, [0, NaN], RangeError("rotationTable: positions[1] must be finite, got NaN")],
    [frequencies, [Infinity], RangeError("rotationTable: positions[0] must be finite, got Infinity")],
    [frequencies, ["3"], TypeError('rotationTable: positions[0] must be a number, got "3"')],
    [
      { ...frequencies, inverseFrequencies: Float64Array.of(1, NaN) },
      [0],
      RangeError("rotationTable: inverseFrequencies[1] must be finite, got NaN"),
    ],
    [
      { ...frequencies, attentionScale: undefined },
      [0],
      TypeError("rotationTable: attentionScale must be a number, got nothing"),
    ],
  ])("case %#", (given, positions, error) => {
    expect(() => rotationTable(given as typeof frequencies, positions as number[])).toThrow(error);
  });
});

describe("rotate", () => {
  const x = tensor([2, 1, 3, 8], new Float32Array(48));
  const table = (size: number) => ({ cos: new Float32Array(size), sin: new Float32Array(size) });
  const half = (rotaryDim: number) => ({ layout: "halves", rotaryDim }) as const;

  it.each([
    [half(7), x, table(12), "rotate: rotaryDim must be even, from 2 to 8, got 7"],
    [half(0), x, table(0), "rotate: rotaryDim must be even, from 2 to 8, got 0"],
    [half(10), x, table(15), "rotate: rotaryDim must be even, from 2 to 8, got 10"],
    [half(8), { ...x, data: new Float32Array(47) }, table(12), "rotate: x.data.length must be 48, got 47"],
    [half(8), x, table(8), "rotate: cos.length must be 12, got 8"],
    [half(8), x, table(16), "rotate: cos.length must be 24, got 16"],
    [half(8), x, { ...table(12), sin: new Float32Array(11) }, "rotate: sin.length must be 12, got 11"],
  ])("case %#", (config, input, rows, message) => {
    expect(() => rotate(config, input, rows)).toThrow(new RangeError(message));
  });

  it("an out of another size", () => {
    const out = tensor([2, 1, 3, 4], new Float32Array(24));
    expect(() => rotate(half(8), x, table(12), out)).toThrow(
      new RangeError("rotate: out.data.length must be 48, got 24"),
    );
  });

  it("an unknown layout", () => {
    expect(() => rotate({ ...half(8), layout: "neox" as "halves" }, x, table(12))).toThrow(
      RangeError('rotate: layout must be one of halves, interleaved, got "neox"'),
    );
  });

  it("a tensor of another rank or type, and a key that nobody reads", () => {
    const given = (wrong: object) => () => rotate(half(8), { ...x, ...wrong } as typeof x, table(12));
    expect(given({ dims: [1, 3, 8] })).toThrow(RangeError("rotate: x.dims.length must be 4, got 3"));
    expect(given({ data: [1, 2] })).toThrow(TypeError("rotate: x.data must be a Float32Array, got [1, 2]"));
    expect(() => rotate(half(8), x, undefined as never)).toThrow(
      TypeError("rotate: cos must be a Float32Array, got nothing"),
    );
    expect(given({ data: undefined })).toThrow(TypeError("rotate: x.data must be a Float32Array, got nothing"));
    expect(() => rotate({ ...half(8), rotary_dim: 4 } as never, x, table(12))).toThrow(/; rotaryDim is meant\?$/);
  });
});
