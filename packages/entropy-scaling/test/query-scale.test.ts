import { entropyAbfTheta, queryScale, queryScales, type EntropyScaling } from "@ropewalk/entropy-scaling";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const trainedContext = fc.integer({ min: 2, max: 10_000 });
const position = fc.nat({ max: 1_000_000 });
const layer = fc.nat({ max: 8 });

const anyScaling: fc.Arbitrary<EntropyScaling> = fc.oneof(
  trainedContext.map((c) => ({ kind: "log-n", trainedContext: c }) as const),
  trainedContext.map((c) => ({ kind: "entropy-abf", trainedContext: c }) as const),
  fc
    .tuple(trainedContext, fc.nat({ max: 4 }))
    .map(([c, exemptLayers]) => ({ kind: "entropy-abf", trainedContext: c, exemptLayers }) as const),
  fc.double({ min: 1, max: 64, noNaN: true }).map((factor) => ({ kind: "yarn-temperature", factor }) as const),
);

describe("golden numbers", () => {
  const positions = [0, 4095, 4096, 8191, 16383, 32767];
  const scales = [1, 1, 1.000029, 1.083333, 1.166667, 1.25];

  it.each<EntropyScaling>([
    { kind: "log-n", trainedContext: 4096 },
    { kind: "entropy-abf", trainedContext: 4096 },
  ])("$kind, trained on 4096", (scaling) => {
    positions.forEach((at, n) => {
      expect(queryScale(scaling, { layer: 0, position: at })).toBeCloseTo(scales[n]!, 6);
    });
    queryScales(scaling, 5, positions).forEach((scale, n) => expect(scale).toBeCloseTo(scales[n]!, 6));
  });

  it.each([
    [1, 1],
    [2, 1.143434],
    [4, 1.296477],
    [8, 1.459129],
  ])("yarn-temperature of factor %d is %d at every position", (factor, scale) => {
    const scaling = { kind: "yarn-temperature", factor } as const;
    queryScales(scaling, 3, positions).forEach((each) => expect(each).toBeCloseTo(scale, 6));
  });

  it("entropyAbfTheta is that of the published models", () => {
    expect(entropyAbfTheta).toBe(500_000);
  });
});

describe("the layers of entropy-abf", () => {
  const at = (exemptLayers: number | undefined, index: number): number =>
    queryScale(
      {
        kind: "entropy-abf",
        trainedContext: 16,
        ...(exemptLayers === undefined ? {} : { exemptLayers }),
      },
      { layer: index, position: 255 },
    );

  it("scales every layer unless told", () => {
    expect([0, 1, 2, 31].map((index) => at(undefined, index))).toEqual([2, 2, 2, 2]);
    expect([0, 1, 2, 31].map((index) => at(0, index))).toEqual([2, 2, 2, 2]);
  });

  it("leaves the first exemptLayers unscaled", () => {
    expect([0, 1, 2, 31].map((index) => at(2, index))).toEqual([1, 1, 2, 2]);
  });

  it("is log-n in the others", () => {
    fc.assert(
      fc.property(trainedContext, layer, fc.nat({ max: 8 }), position, (c, index, exemptLayers, i) => {
        const scale = queryScale(
          { kind: "entropy-abf", trainedContext: c, exemptLayers },
          { layer: index, position: i },
        );
        const logN = queryScale({ kind: "log-n", trainedContext: c }, { layer: index, position: i });
        expect(scale).toBe(index < exemptLayers ? 1 : logN);
      }),
    );
  });
});

describe("a custom scaling", () => {
  it("is any function of layer and position, of any shape", () => {
    const wave = ({ layer: l, position: i }: { readonly layer: number; readonly position: number }): number =>
      1 + 0.5 * Math.sin(i) + l / 8;
    const scaling: EntropyScaling = { kind: "custom", scale: wave };
    fc.assert(
      fc.property(layer, fc.array(position, { maxLength: 20 }), (index, positions) => {
        const wanted = positions.map((i) => wave({ layer: index, position: i }));
        expect([...queryScales(scaling, index, positions)]).toEqual(wanted);
        expect(positions.map((i) => queryScale(scaling, { layer: index, position: i }))).toEqual(wanted);
      }),
    );
  });
});

describe("every scaling", () => {
  it("is never below 1 and never falls as the position grows", () => {
    fc.assert(
      fc.property(anyScaling, layer, position, position, (scaling, index, a, b) => {
        const earlier = queryScale(scaling, { layer: index, position: Math.min(a, b) });
        expect(earlier).toBeGreaterThanOrEqual(1);
        expect(queryScale(scaling, { layer: index, position: Math.max(a, b) })).toBeGreaterThanOrEqual(earlier);
      }),
    );
  });

  it("by position: exactly 1 within the trained context, above 1 from its end on", () => {
    fc.assert(
      fc.property(trainedContext, fc.nat(), (c, n) => {
        const scale = (i: number) => queryScale({ kind: "log-n", trainedContext: c }, { layer: 0, position: i });
        expect(scale(n % c)).toBe(1);
        expect(scale(c - 1)).toBe(1);
        expect(scale(c)).toBeGreaterThan(1);
        // Twice the logarithm.
        expect(scale(c * c - 1)).toBeCloseTo(2, 9);
      }),
    );
  });

  it("queryScales is queryScale of each position", () => {
    fc.assert(
      fc.property(anyScaling, layer, fc.array(position, { maxLength: 20 }), (scaling, index, positions) => {
        const each = positions.map((i) => queryScale(scaling, { layer: index, position: i }));
        expect([...queryScales(scaling, index, positions)]).toEqual(each);
        expect([...queryScales(scaling, index, Int32Array.from(positions))]).toEqual(each);
        const out = new Float64Array(positions.length);
        expect(queryScales(scaling, index, positions, out)).toBe(out);
        expect([...out]).toEqual(each);
      }),
    );
  });
});
