import { tinyConfig } from "@ropewalk/testing/checkpoints/checkpoint-folders";
import type { Json } from "@ropewalk/testing/checkpoints/safetensors-file";
import { smallConfig } from "@ropewalk/testing/checkpoints/small-checkpoint";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { llama, mistral, phi3, qwen2, readRotation } from "../../src/index.ts";

const { rope_theta: _, ...bare } = smallConfig;

/** The rope of the small config (head_dim 4, 32 positions) with these keys. */
const ropeOf = (change: Json) => llama.read({ ...bare, ...change }).rope;

const newer = (parameters: Json) => ropeOf({ rope_parameters: parameters });

const at = "llama.read: config.json";

describe("rope of a config", () => {
  it("reads the five tiny configs of Hugging Face transformers", () => {
    const scalings = ["llama", "llama-linear", "llama-dynamic", "llama-yarn", "llama3"].map(
      (name) => llama.read(tinyConfig(name)).rope.scaling,
    );
    expect(scalings).toEqual([
      { kind: "default" },
      { kind: "linear", factor: 4 },
      { kind: "dynamic-ntk", factor: 2, originalContext: 64 },
      { kind: "yarn", factor: 4, originalContext: 64 },
      { kind: "llama3", factor: 4, lowFreqFactor: 1, highFreqFactor: 4, originalContext: 64 },
    ]);
  });

  it("takes the trained window from max_position_embeddings, whatever the original window", () => {
    const windows = ["llama", "llama-linear", "llama-dynamic", "llama-yarn", "llama3"].map(
      (name) => llama.read(tinyConfig(name)).trainedContext,
    );
    expect(windows).toEqual([64, 256, 64, 256, 256]);
  });

  it("has the default rotation over all dimensions where nothing is said", () => {
    const plain = { theta: 10000, rotaryDim: 4, layout: "halves", scaling: { kind: "default" } };
    expect(ropeOf({})).toEqual(plain);
    expect(ropeOf({ rope_scaling: null, rope_parameters: null })).toEqual(plain);
    expect(ropeOf({ rope_scaling: {} })).toEqual(plain);
    expect(newer({ rope_theta: 10000 })).toEqual(plain);
    expect(newer({ rope_type: "default", rope_theta: null })).toEqual(plain);
  });

  it("reads older and newer forms alike", () => {
    const theta = fc.integer({ min: 2, max: 1_000_000 });
    const factor = fc.double({ min: 1, max: 64, noNaN: true });
    fc.assert(
      fc.property(theta, factor, fc.constantFrom("type", "rope_type"), (rope_theta, f, key) => {
        const parameters = { factor: f, original_max_position_embeddings: 16 };
        const older = ropeOf({ rope_theta, rope_scaling: { [key]: "yarn", ...parameters } });
        expect(older).toEqual(newer({ rope_theta, rope_type: "yarn", ...parameters }));
        expect(older).toEqual({
          theta: rope_theta,
          rotaryDim: 4,
          layout: "halves",
          scaling: { kind: "yarn", factor: f, originalContext: 16 },
        });
      }),
    );
  });

  it("accepts both forms side by side when they say the same", () => {
    const parameters = { rope_type: "linear", factor: 2 };
    const both = { rope_theta: 10000, rope_scaling: parameters };
    expect(ropeOf({ ...both, rope_parameters: { ...parameters, rope_theta: 10000 } })).toEqual(ropeOf(both));
    expect(() => ropeOf({ ...both, rope_parameters: { ...parameters, factor: 3 } })).toThrow(
      `${at}: rope_parameters and rope_scaling must say the same, got [`,
    );
  });

  it("reads every field of yarn", () => {
    const parameters = {
      rope_type: "yarn",
      factor: 4,
      original_max_position_embeddings: 8,
      beta_fast: 16,
      beta_slow: 2,
      attention_factor: 1.5,
      mscale: 0.7,
      mscale_all_dim: 0.8,
      truncate: false,
    };
    expect(newer(parameters).scaling).toEqual({
      kind: "yarn",
      factor: 4,
      originalContext: 8,
      betaFast: 16,
      betaSlow: 2,
      attentionFactor: 1.5,
      mscale: 0.7,
      mscaleAllDim: 0.8,
      truncate: false,
    });
  });

  it("reads longrope, its factor stated or the ratio of the windows", () => {
    const lists = { short_factor: [1, 1.5], long_factor: [2, 3] };
    const parameters = { type: "longrope", ...lists, attention_factor: 1.19 };
    expect(ropeOf({ rope_scaling: parameters, original_max_position_embeddings: 8 }).scaling).toEqual({
      kind: "longrope",
      shortFactor: [1, 1.5],
      longFactor: [2, 3],
      factor: 4,
      originalContext: 8,
      attentionFactor: 1.19,
    });
    expect(newer({ rope_type: "longrope", ...lists, factor: 2, original_max_position_embeddings: 16 }).scaling).toEqual(
      {
        kind: "longrope",
        shortFactor: [1, 1.5],
        longFactor: [2, 3],
        factor: 2,
        originalContext: 16,
      },
    );
  });

  it.each(["su", "yarn"])("reads %s as longrope, which took its place, in Phi-3 and nowhere else", (type) => {
    const parameters = { short_factor: [1, 1.5], long_factor: [2, 3], original_max_position_embeddings: 8 };
    const ofPhi3 = (change: Json) => phi3.read({ ...bare, model_type: "phi3", ...change }).rope;
    const longrope = ofPhi3({ rope_scaling: { type: "longrope", ...parameters } });
    expect(longrope.scaling.kind).toBe("longrope");
    for (const form of [
      { rope_scaling: { type, ...parameters } },
      { rope_parameters: { rope_type: type, ...parameters } },
    ])
      expect(ofPhi3(form)).toEqual(longrope);
    for (const family of [llama, mistral, qwen2])
      expect(() => family.read({ ...bare, rope_scaling: { type, ...parameters } })).toThrow(RangeError);
    const config = { ...bare, rope_scaling: { type, ...parameters } };
    expect(readRotation({ ...config, model_type: "phi3" }, { headDim: 4 }).rope).toEqual(longrope);
    expect(() => readRotation({ ...config, model_type: "olmo" }, { headDim: 4 })).toThrow(RangeError);
  });

  it.each<readonly [string, Json, string]>([
    ["linear", { factor: 2, short_factor: [1, 1], long_factor: [2, 2] }, "short_factor"],
    ["yarn", { factor: 2, long_factor: [2, 2] }, "long_factor"],
    ["default", { factor: 4 }, "factor"],
    ["default", { mrope_section: [1, 1] }, "mrope_section"],
    ["dynamic", { factor: 2, alpha: 1000 }, "alpha"],
    ["dynamic", { factor: 2, beta_fast: 32 }, "beta_fast"],
    ["llama3", { factor: 2, low_freq_factor: 1, high_freq_factor: 4, attention_factor: 1 }, "attention_factor"],
    ["longrope", { short_factor: [1, 1], long_factor: [2, 2], long_mscale: 1.2 }, "long_mscale"],
  ])("refuses numbers that %s does not read: %j", (type, parameters, key) => {
    expect(() => newer({ rope_type: type, ...parameters })).toThrow(
      `${at}: rope_parameters: ${key} must be absent where the rope type is ${type}, which does not read it, got `,
    );
  });

  it("lets keys be that change nothing", () => {
    const plain = newer({ rope_type: "default" });
    expect(newer({ rope_type: "default", factor: 1, long_factor: null, finetuned: true })).toEqual(plain);
  });

  it("takes an absent original window to be max_position_embeddings", () => {
    expect(newer({ rope_type: "yarn", factor: 4 }).scaling).toMatchObject({ originalContext: 32 });
    expect(newer({ rope_type: "yarn", original_max_position_embeddings: 8 }).scaling).toMatchObject({ factor: 4 });
  });

  it("rotates the part that partial_rotary_factor names", () => {
    expect(ropeOf({ head_dim: 16, partial_rotary_factor: 0.5 }).rotaryDim).toBe(8);
    expect(ropeOf({ head_dim: 16, rope_parameters: { partial_rotary_factor: 0.25 } }).rotaryDim).toBe(4);
  });

  const known = "default, linear, dynamic, yarn, llama3, longrope";
  const llama3 = { rope_type: "llama3", factor: 4, low_freq_factor: 1, high_freq_factor: 4 };
  const longrope = { rope_type: "longrope", short_factor: [1, 1], long_factor: [1, 1] };
  it.each<[string, Json]>([
    [`rope_type must be one of ${known}, got "mrope"`, { rope_type: "mrope" }],
    [`rope_type must be one of ${known}, got "toString"`, { type: "toString" }],
    [`rope_type must be one of ${known}, got nothing`, { factor: 2 }],
    [`rope_type must be one of ${known}, got nothing`, { full_attention: { rope_type: "linear" } }],
    ["rope_type must be text, got 3", { rope_type: 3 }],
    [`rope_type and type must agree, got ["yarn", "linear"]`, { rope_type: "yarn", type: "linear" }],
    ["factor must be a number, got nothing", { rope_type: "linear" }],
    ["factor must be a number, got nothing", { rope_type: "dynamic", factor: null }],
    ["factor must be a finite number of at least 1, got 0.5", { rope_type: "linear", factor: 0.5 }],
    ['factor must be a finite number of at least 1, got "4"', { rope_type: "linear", factor: "4" }],
    ["factor must be a finite number of at least 1, got 0", { rope_type: "yarn", factor: 0 }],
    [
      "max_position_embeddings must be at least original_max_position_embeddings 64, got 32",
      { rope_type: "yarn", original_max_position_embeddings: 64 },
    ],
    [
      "original_max_position_embeddings must be an integer from 1 to 9007199254740991, got 8.5",
      { rope_type: "yarn", factor: 4, original_max_position_embeddings: 8.5 },
    ],
    ["beta_fast must be above beta_slow, got [1, 2]", { rope_type: "yarn", factor: 4, beta_fast: 1, beta_slow: 2 }],
    ["beta_fast must be above beta_slow, got [nothing, 40]", { rope_type: "yarn", factor: 4, beta_slow: 40 }],
    ["truncate must be true or false, got 1", { rope_type: "yarn", factor: 4, truncate: 1 }],
    ["mscale must be a finite number of at least 0, got -1", { rope_type: "yarn", factor: 4, mscale: -1 }],
    ["attention_factor must be a finite number above 0, got 0", { rope_type: "yarn", factor: 4, attention_factor: 0 }],
    ["high_freq_factor must be a finite number above 1, got 1", { ...llama3, high_freq_factor: 1 }],
    ["low_freq_factor must be a number, got nothing", { ...llama3, low_freq_factor: null }],
    ["short_factor must be a list of numbers, got 3", { ...longrope, short_factor: 3 }],
    ["long_factor must have 2 numbers, got 3", { ...longrope, long_factor: [1, 1, 1] }],
    ["long_factor[1] must be a number above 0, got 0", { ...longrope, long_factor: [1, 0] }],
    ["rope_theta must be a finite number above 1, got 0", { rope_theta: 0 }],
  ])("refuses: %s", (message, parameters) => {
    expect(() => newer(parameters)).toThrow(`${at}: rope_parameters: ${message}`);
  });

  it("names rope_scaling where that is what it read", () => {
    expect(() => ropeOf({ rope_scaling: "linear" })).toThrow(
      new TypeError(`${at}: rope_scaling must be an object, got "linear"`),
    );
    expect(() => ropeOf({ rope_scaling: { type: "linear" } })).toThrow(
      new TypeError(`${at}: rope_scaling: factor must be a number, got nothing`),
    );
  });

  it("refuses numbers that stand twice and differ", () => {
    expect(() => ropeOf({ rope_theta: 10000, rope_parameters: { rope_theta: 500000 } })).toThrow(
      new RangeError(`${at}: rope_parameters: rope_theta must equal the rope_theta outside, got [500000, 10000]`),
    );
  });

  it("refuses a part that cannot rotate", () => {
    expect(() => ropeOf({ partial_rotary_factor: 1.5 })).toThrow(
      new RangeError(`${at}: partial_rotary_factor must be at most 1, got 1.5`),
    );
    expect(() => ropeOf({ partial_rotary_factor: 0.25 })).toThrow(
      new RangeError(`${at}: head_dim 4 times partial_rotary_factor 0.25 must be even and above 0, got 1`),
    );
  });
});
