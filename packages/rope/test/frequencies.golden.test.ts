// Against Hugging Face transformers: the numbers its own tests print, and what its functions compute in float64.

import { readFileSync } from "node:fs";
import { ropeFrequencies, type RopeScaling } from "@ropewalk/rope";
import { describe, expect, it } from "vitest";
import { relativeDifference } from "./samples.ts";

const read = (file: string) => JSON.parse(readFileSync(new URL(`vectors/${file}`, import.meta.url), "utf8"));

type ComputedCase = {
  readonly rotaryDim: number;
  readonly theta: number;
  readonly scaling: RopeScaling;
  readonly seqLen?: number;
  readonly inverseFrequencies: readonly number[];
  readonly attentionScale: number;
};

describe("what ROPE_INIT_FUNCTIONS computes in float64", () => {
  const { cases } = read("transformers-rope.json") as { readonly cases: readonly ComputedCase[] };
  it.each(cases.map((wanted, i) => [i, wanted.scaling.kind, wanted] as const))(
    "case %i: %s",
    (_, __, { inverseFrequencies, attentionScale, ...config }) => {
      const got = ropeFrequencies(config);
      expect(relativeDifference(got.inverseFrequencies, inverseFrequencies)).toBeLessThan(1e-13);
      expect(got.attentionScale).toBeCloseTo(attentionScale, 14);
    },
  );
});

describe("MrRoPE, by plain loops in another language", () => {
  const { mrrope } = read("mr-rope.json");
  it.each(["uniform", "progressive"] as const)("%s", (variant) => {
    const scaling = { kind: "mr-rope", variant, factor: 4, originalContext: 4096 } as const;
    const { inverseFrequencies, attentionScale } = ropeFrequencies({ rotaryDim: 128, theta: 1e4, scaling });
    expect(relativeDifference(inverseFrequencies, mrrope[variant])).toBeLessThan(1e-12);
    expect(attentionScale).toBeCloseTo(0.1 * Math.log(4) + 1, 14);
  });
});

describe("what the tests of transformers print, to 5 digits", () => {
  const { config, cases } = read("rope-expected.json");
  const printed = (scaling: RopeScaling, seqLen?: number) =>
    ropeFrequencies({
      rotaryDim: config.head_dim,
      theta: config.rope_theta,
      scaling,
      ...(seqLen !== undefined && { seqLen }),
    });
  const originalContext: number = config.max_position_embeddings;
  const plain: readonly number[] = cases.default.inv_freq;
  const ones = plain.map(() => 1);
  const rising = plain.map((_, j) => j + 1);

  it("default", () => {
    const got = printed({ kind: "default" });
    expect(relativeDifference(got.inverseFrequencies, plain)).toBeLessThan(1e-4);
    expect(got.attentionScale).toBe(cases.default.attention_scale);
  });

  it.each([2, 10, 20])("linear, factor %i", (factor) => {
    const got = printed({ kind: "linear", factor });
    const wanted = plain.map((f) => f / factor);
    expect(relativeDifference(got.inverseFrequencies, wanted)).toBeLessThan(1e-4);
    expect(got.attentionScale).toBe(1);
  });

  it("dynamic", () => {
    const { factor, seq_len, inv_freq } = cases.dynamic;
    const scaling = { kind: "dynamic-ntk", factor, originalContext } as const;
    expect(relativeDifference(printed(scaling, seq_len).inverseFrequencies, inv_freq)).toBeLessThan(1e-4);
    for (const got of [printed(scaling), printed(scaling, 1)]) {
      expect(relativeDifference(got.inverseFrequencies, plain)).toBeLessThan(1e-4);
      expect(got.attentionScale).toBe(1);
    }
  });

  it("yarn", () => {
    const { factor, beta_fast: betaFast, beta_slow: betaSlow, inv_freq } = cases.yarn;
    const scaling = { kind: "yarn", factor, originalContext, betaFast, betaSlow } as const;
    const got = printed(scaling);
    expect(relativeDifference(got.inverseFrequencies, inv_freq)).toBeLessThan(1e-4);
    expect(got.attentionScale).toBeCloseTo(0.1 * Math.log(factor) + 1, 14);
    expect(printed({ ...scaling, attentionFactor: 0.5 }).attentionScale).toBe(0.5);
  });

  it("longrope", () => {
    const scaling = {
      kind: "longrope",
      factor: 10,
      originalContext,
      shortFactor: ones.map(() => 2),
      longFactor: rising,
    } as const;
    const short = plain.map((f) => f / 2);
    const long = plain.map((f, j) => f / (j + 1));
    expect(relativeDifference(printed(scaling).inverseFrequencies, short)).toBeLessThan(1e-4);
    expect(relativeDifference(printed(scaling, originalContext + 1).inverseFrequencies, long)).toBeLessThan(1e-4);
    expect(printed(scaling).attentionScale).toBeCloseTo(Math.sqrt(1 + Math.log(10) / Math.log(originalContext)), 14);
    expect(printed({ ...scaling, attentionFactor: 0.5 }).attentionScale).toBe(0.5);
  });

  it("llama3", () => {
    const wanted = cases.llama3;
    const got = printed({
      kind: "llama3",
      factor: wanted.factor,
      originalContext: wanted.original_max_position_embeddings,
      lowFreqFactor: wanted.low_freq_factor,
      highFreqFactor: wanted.high_freq_factor,
    });
    expect(relativeDifference(got.inverseFrequencies, wanted.inv_freq)).toBeLessThan(1e-4);
    expect(got.attentionScale).toBe(wanted.attention_scale);
  });
});

describe("numbers worked out by hand, factor 4 and a trained window of 4096", () => {
  const ofDim = (rotaryDim: number, scaling: RopeScaling, seqLen = 1) =>
    ropeFrequencies({ rotaryDim, theta: 10_000, scaling, seqLen });
  const [factor, originalContext] = [4, 4096];
  const dynamic = { kind: "dynamic-ntk", factor, originalContext } as const;
  const yarn = { kind: "yarn", factor, originalContext } as const;

  const rows: readonly (readonly [RopeScaling, number, readonly number[]])[] = [
    [{ kind: "default" }, 1, [1, 0.1, 0.01, 0.001]],
    [{ kind: "linear", factor }, 1, [0.25, 0.025, 0.0025, 0.00025]],
    [dynamic, 16_384, [1, 0.042529037, 0.001808719, 7.6923077e-5]],
    [{ kind: "ntk-aware", factor }, 1, [1, 0.0629960525, 0.00396850263, 2.5e-4]],
    [yarn, 1, [1, 0.1, 0.00625, 2.5e-4]],
  ];
  it.each(rows)("8 dimensions: %o at %i", (scaling, seqLen, wanted) => {
    expect(relativeDifference(ofDim(8, scaling, seqLen).inverseFrequencies, wanted)).toBeLessThan(2e-8);
  });

  it("8 dimensions: llama3 and abf from theta 500,000", () => {
    const llama3 = {
      kind: "llama3",
      factor: 8,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalContext: 8192,
    } as const;
    const theta = 500_000;
    expect(
      relativeDifference(
        ropeFrequencies({ rotaryDim: 8, theta, scaling: llama3 }).inverseFrequencies,
        [1, 0.0376060309, 5.2484616e-4, 6.6478699e-6],
      ),
    ).toBeLessThan(5e-8);
    expect(ofDim(8, { kind: "abf", theta }).inverseFrequencies).toEqual(
      ropeFrequencies({ rotaryDim: 8, theta, scaling: { kind: "default" } }).inverseFrequencies,
    );
  });

  it("128 dimensions: yarn's ramp, and the bases of both NTK scalings", () => {
    const { inverseFrequencies, attentionScale } = ofDim(128, yarn);
    expect(
      relativeDifference(
        [20, 30, 45, 63].map((j) => inverseFrequencies[j]!),
        [5.6234133e-2, 9.4885179e-3, 4.2940258e-4, 2.886955e-5],
      ),
    ).toBeLessThan(5e-8);
    expect(attentionScale).toBeCloseTo(1.138629, 6);
    // Pair 1 turns by theta^(-2 / 128).
    const base = (scaling: RopeScaling, seqLen: number) => ofDim(128, scaling, seqLen).inverseFrequencies[1]! ** -64;
    expect(base({ kind: "ntk-aware", factor }, 1)).toBeCloseTo(40_889.942, 3);
    expect(base(dynamic, 16_384)).toBeCloseTo(135_401.973, 3);
  });

  it("the attention scale of longrope at factor 32", () => {
    const factors = [1, 1, 1, 1];
    const scaling = {
      kind: "longrope",
      factor: 32,
      originalContext,
      shortFactor: factors,
      longFactor: factors,
    } as const;
    expect(ofDim(8, scaling).attentionScale).toBeCloseTo(1.190238, 6);
  });
});
