import { dependsOnLength, ropeFrequencies, rotationTable, type RopeScaling } from "@ropewalk/rope";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { everyScaling, relativeDifference } from "./samples.ts";

const rotaryDims = fc.integer({ min: 1, max: 64 }).map((numPairs) => 2 * numPairs);
const thetas = fc.double({ min: 10, max: 1e7, noNaN: true });
const factors = fc.double({ min: 1, max: 64, noNaN: true });
const bases = fc.record({ rotaryDim: rotaryDims, theta: thetas });
const trained = { originalContext: 4096 };

describe("ropeFrequencies", () => {
  it("starts at one radian and falls by the same ratio from pair to pair", () => {
    fc.assert(
      fc.property(bases, ({ rotaryDim, theta }) => {
        const { inverseFrequencies: f, attentionScale } = ropeFrequencies({
          rotaryDim,
          theta,
          scaling: everyScaling.default,
        });
        expect(f).toHaveLength(rotaryDim / 2);
        expect(f[0]).toBe(1);
        expect(attentionScale).toBe(1);
        const ratios = Array.from(f.subarray(1), (next, j) => next / f[j]!);
        expect(
          relativeDifference(
            ratios,
            ratios.map(() => theta ** (-2 / rotaryDim)),
          ),
        ).toBeLessThan(1e-12);
      }),
    );
  });

  it.each([
    { kind: "linear", factor: 1 },
    { kind: "ntk-aware", factor: 1 },
    { kind: "dynamic-ntk", factor: 1, ...trained },
    { kind: "yarn", factor: 1, ...trained },
    { kind: "llama3", factor: 1, lowFreqFactor: 1, highFreqFactor: 4, ...trained },
    { kind: "mr-rope", variant: "uniform", factor: 1, ...trained },
    { kind: "mr-rope", variant: "progressive", factor: 1, ...trained },
  ] as const)("is the default at factor 1: $kind", (scaling) => {
    fc.assert(
      fc.property(bases, (basis) => {
        const plain = ropeFrequencies({ ...basis, scaling: everyScaling.default });
        const got = ropeFrequencies({ ...basis, scaling, seqLen: trained.originalContext });
        expect(relativeDifference(got.inverseFrequencies, plain.inverseFrequencies)).toBeLessThan(1e-14);
        expect(got.attentionScale).toBe(1);
      }),
    );
  });

  it("linear is the default at interpolated positions", () => {
    fc.assert(
      fc.property(bases, factors, fc.array(fc.nat(100_000), { maxLength: 8 }), (basis, factor, positions) => {
        const interpolated = rotationTable(
          ropeFrequencies({ ...basis, scaling: everyScaling.default }),
          positions.map((position) => position / factor),
        );
        const got = rotationTable(ropeFrequencies({ ...basis, scaling: { kind: "linear", factor } }), positions);
        expect(largestDifference(got.cos, interpolated.cos)).toBeLessThan(1e-7);
        expect(largestDifference(got.sin, interpolated.sin)).toBeLessThan(1e-7);
      }),
    );
  });

  it("ntk-aware keeps the first frequency and divides the last by the factor", () => {
    fc.assert(
      fc.property(bases, factors, (basis, factor) => {
        fc.pre(basis.rotaryDim > 2);
        const plain = ropeFrequencies({
          ...basis,
          scaling: everyScaling.default,
        }).inverseFrequencies;
        const got = ropeFrequencies({
          ...basis,
          scaling: { kind: "ntk-aware", factor },
        }).inverseFrequencies;
        expect(got[0]).toBe(1);
        expect(got.at(-1)! / (plain.at(-1)! / factor)).toBeCloseTo(1, 12);
      }),
    );
  });

  it("dynamic-ntk is ntk-aware by a factor that grows from 1 at the trained window", () => {
    const dynamic = (seqLen: number) =>
      ropeFrequencies({
        rotaryDim: 64,
        theta: 1e4,
        scaling: { kind: "dynamic-ntk", factor: 2, ...trained },
        seqLen,
      });
    const ntk = (factor: number) =>
      ropeFrequencies({ rotaryDim: 64, theta: 1e4, scaling: { kind: "ntk-aware", factor } });
    expect(dynamic(1)).toEqual(ntk(1));
    expect(dynamic(4096)).toEqual(ntk(1));
    expect(dynamic(8192)).toEqual(ntk(3));
    expect(dynamic(12_288)).toEqual(ntk(5));
  });

  it("llama3 keeps short wavelengths, divides long ones and blends between", () => {
    fc.assert(
      fc.property(
        bases,
        factors,
        fc.double({ min: 0.1, max: 4, noNaN: true }),
        fc.double({ min: 0.1, max: 8, noNaN: true }),
        (basis, factor, lowFreqFactor, width) => {
          const highFreqFactor = lowFreqFactor + width;
          const scaling = {
            kind: "llama3",
            factor,
            lowFreqFactor,
            highFreqFactor,
            ...trained,
          } as const;
          const plain = ropeFrequencies({
            ...basis,
            scaling: everyScaling.default,
          }).inverseFrequencies;
          const got = ropeFrequencies({ ...basis, scaling }).inverseFrequencies;
          plain.forEach((f, j) => {
            const wavelength = (2 * Math.PI) / f;
            const slack = 1 + 1e-12;
            if (wavelength * slack < 4096 / highFreqFactor) expect(got[j]).toBe(f);
            else if (wavelength > (4096 / lowFreqFactor) * slack) expect(got[j]).toBe(f / factor);
            else {
              expect(got[j]).toBeLessThanOrEqual(f * slack);
              expect(got[j]).toBeGreaterThanOrEqual(f / factor / slack);
            }
          });
        },
      ),
    );
  });

  it("yarn keeps pairs that turn often, divides pairs that turn seldom, and never leaves the range between", () => {
    fc.assert(
      fc.property(bases, factors, fc.boolean(), (basis, factor, truncate) => {
        // The ramp's end is cut off at d - 1, which turns the ramp around where every pair turns often.
        const { rotaryDim, theta } = basis;
        const end = (rotaryDim * Math.log(4096 / (2 * Math.PI))) / (2 * Math.log(theta));
        fc.pre(end <= rotaryDim - 1);
        const scaling = { kind: "yarn", factor, truncate, ...trained } as const;
        const plain = ropeFrequencies({
          ...basis,
          scaling: everyScaling.default,
        }).inverseFrequencies;
        const got = ropeFrequencies({ ...basis, scaling }).inverseFrequencies;
        plain.forEach((f, j) => {
          const turns = (4096 * f) / (2 * Math.PI);
          if (turns > 32 && !truncate) expect(got[j]! / f).toBeCloseTo(1, 12);
          if (turns < 1 && !truncate) expect((got[j]! * factor) / f).toBeCloseTo(1, 12);
          expect(got[j]).toBeLessThanOrEqual(f * (1 + 1e-12));
          expect(got[j]).toBeGreaterThanOrEqual((f / factor) * (1 - 1e-12));
        });
      }),
    );
  });

  it.each(["uniform", "progressive"] as const)("mr-rope, %s, by plain loops", (variant) => {
    fc.assert(
      fc.property(bases, factors, ({ rotaryDim, theta }, factor) => {
        const { inverseFrequencies, attentionScale } = ropeFrequencies({
          rotaryDim,
          theta,
          scaling: { kind: "mr-rope", variant, factor, ...trained },
        });
        const turnsAt = (turns: number): number => {
          // How many pairs there are, as a real number, until one turns so seldom.
          const wavelengths = 4096 / turns / (2 * Math.PI);
          return ((rotaryDim / 2) * Math.log(wavelengths)) / Math.log(theta);
        };
        const low = Math.max(0, Math.floor(turnsAt(32)));
        const high = Math.min(rotaryDim - 1, Math.ceil(turnsAt(1)));
        fc.pre(high > low);
        for (let pair = 0; pair < rotaryDim / 2; pair++) {
          const steps = Math.min(Math.max(pair - low, 0), high - low);
          let [done, whole] = [0, 0];
          // Every step between low and high counts once, or as often as it is far from low.
          for (let step = 1; step <= high - low; step++) {
            const counts = variant === "uniform" ? 1 : step;
            whole += counts;
            if (step <= steps) done += counts;
          }
          const wanted = 1 / theta ** ((2 * pair) / rotaryDim) / factor ** (done / whole);
          expect(inverseFrequencies[pair]! / wanted).toBeCloseTo(1, 10);
        }
        expect(attentionScale).toBeCloseTo(1 + Math.log(factor) / 10, 12);
      }),
    );
  });

  it("custom is what its function says of width, theta and length", () => {
    const asked: unknown[] = [];
    const scaling: RopeScaling = {
      kind: "custom",
      frequencies: (basis) => {
        asked.push(basis);
        return { inverseFrequencies: Float64Array.of(1, 0.5, 0), attentionScale: 1.25 };
      },
    };
    const config = { rotaryDim: 6, theta: 1e4, scaling };
    expect(ropeFrequencies({ ...config, seqLen: 300 })).toEqual({
      inverseFrequencies: Float64Array.of(1, 0.5, 0),
      attentionScale: 1.25,
    });
    expect(ropeFrequencies({ ...config, scaling: { ...scaling, factor: 2 } })).toEqual(ropeFrequencies(config));
    expect(asked[0]).toEqual({ rotaryDim: 6, theta: 1e4, seqLen: 300 });
  });

  it("abf puts its theta in the place of the model's", () => {
    fc.assert(
      fc.property(bases, thetas, (basis, theta) => {
        expect(ropeFrequencies({ ...basis, scaling: { kind: "abf", theta } })).toEqual(
          ropeFrequencies({ ...basis, theta, scaling: everyScaling.default }),
        );
      }),
    );
  });

  it.each(Object.values(everyScaling))("has one pair in 2 dimensions: $kind", (scaling) => {
    const one = scaling.kind === "longrope" ? { ...scaling, shortFactor: [1], longFactor: [1] } : scaling;
    const { inverseFrequencies } = ropeFrequencies({
      rotaryDim: 2,
      theta: 1e4,
      scaling: one,
      seqLen: 8192,
    });
    expect(inverseFrequencies).toHaveLength(1);
    expect(inverseFrequencies[0]).toBe(scaling.kind === "linear" ? 0.25 : 1);
  });
});

describe("dependsOnLength", () => {
  const lengths = [undefined, 1, 4096, 4097, 20_000];
  const distinct = (scaling: RopeScaling): number =>
    new Set(
      lengths.map((seqLen) =>
        ropeFrequencies({
          rotaryDim: 8,
          theta: 1e4,
          scaling,
          ...(seqLen !== undefined && { seqLen }),
        }).inverseFrequencies.join(),
      ),
    ).size;

  it.each(Object.values(everyScaling))("tells whether the frequencies change with seqLen: $kind", (scaling) => {
    expect(dependsOnLength(scaling)).toBe(distinct(scaling) > 1);
  });

  it("changes with every length beyond the window for dynamic-ntk, and once for longrope", () => {
    expect(distinct(everyScaling["dynamic-ntk"])).toBe(3);
    expect(distinct(everyScaling.longrope)).toBe(2);
  });
});
