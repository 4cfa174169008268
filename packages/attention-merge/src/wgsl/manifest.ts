/**
 * The kernel's manifest, one value that JSON can hold: inputs, outputs and scratch with the rules of their shapes, attributes with
 * their rules, correctness cases and benchmark cases. Buffers are sized by these rules.
 */
import { benchmarkCases, correctnessCases, type AttentionCase } from "./cases.ts";
import type { KernelBands } from "./shape.ts";

export type { AttentionCase } from "./cases.ts";

/** The sizes of which shapes are made. */
export type Axis = "numHeads" | "numKvHeads" | "headDim" | "queryLen" | "nearCapacity" | "keyCapacity" | "splits";

export type ManifestTensor = {
  readonly name: string;
  /** Row-major. */
  readonly shape: readonly Axis[];
  /** Always float32, or the type that the attribute `storage` names. */
  readonly type: "float32" | "storage";
  /** The kinds of bands with which the kernel has this tensor. */
  readonly bands: readonly KernelBands["kind"][];
  readonly about: string;
};

type Attribute = { readonly name: string; readonly rule: string };

type Manifest = {
  readonly name: string;
  /** The contract's version: it rises when inputs, outputs or their meaning change. */
  readonly version: number;
  readonly license: string;
  readonly inputs: readonly ManifestTensor[];
  readonly outputs: readonly ManifestTensor[];
  /** Buffers between the two passes, if keys are split. */
  readonly scratch: readonly ManifestTensor[];
  readonly attributes: readonly Attribute[];
  /** Sizes that follow from the attributes. */
  readonly derived: readonly Attribute[];
  /** The largest difference from `bandedAttention`, for inputs in [-2, 2) and queries divided by sqrt(headDim). */
  readonly tolerance: Readonly<Record<"float32" | "float16", number>>;
  readonly tests: readonly AttentionCase[];
  readonly benchmarks: readonly AttentionCase[];
};

const every = ["plain", "slidingWindow", "nearAndFar"] as const;
const both = ["nearAndFar"] as const;

export const attentionManifest: Manifest = {
  name: "ropewalk.BandedAttention",
  version: 2,
  license: "MIT",
  inputs: [
    {
      name: "nearQueries",
      shape: ["numHeads", "queryLen", "headDim"],
      type: "storage",
      bands: every,
      about: "queries in the near rotation, or the only one, times the scale of the scores",
    },
    {
      name: "nearKeys",
      shape: ["numKvHeads", "nearCapacity", "headDim"],
      type: "storage",
      bands: every,
      about: "keys in the near rotation, or the only one; token t in row (t - nearStart) mod nearCapacity",
    },
    {
      name: "farQueries",
      shape: ["numHeads", "queryLen", "headDim"],
      type: "storage",
      bands: both,
      about: "queries in the far rotation, times the scale of the scores",
    },
    {
      name: "farKeys",
      shape: ["numKvHeads", "keyCapacity", "headDim"],
      type: "storage",
      bands: both,
      about: "keys in the far rotation; token t in row (t - rowsStart) mod keyCapacity",
    },
    {
      name: "values",
      shape: ["numKvHeads", "keyCapacity", "headDim"],
      type: "storage",
      bands: every,
      about: "values; each in the row of its far key, under one band in the row of its only key",
    },
  ],
  outputs: [
    {
      name: "out",
      shape: ["numHeads", "queryLen", "headDim"],
      type: "storage",
      bands: every,
      about: "softmax of the scores times the values",
    },
    {
      name: "lse",
      shape: ["numHeads", "queryLen"],
      type: "float32",
      bands: every,
      about: "natural logarithm of the sum of the exponentiated scores",
    },
  ],
  scratch: [
    {
      name: "partialOut",
      shape: ["splits", "numHeads", "queryLen", "headDim"],
      type: "float32",
      bands: every,
      about: "out of each split of the keys",
    },
    {
      name: "partialLse",
      shape: ["splits", "numHeads", "queryLen"],
      type: "float32",
      bands: every,
      about: "lse of each split; -3e38 where it held no key that the query sees",
    },
  ],
  attributes: [
    { name: "bands", rule: "plain, slidingWindow or nearAndFar" },
    { name: "window", rule: "at least 1; a pair is near where 0 <= i - j < window" },
    { name: "numHeads", rule: "at least 1" },
    { name: "numKvHeads", rule: "divides numHeads; head h reads floor(h * numKvHeads / numHeads)" },
    { name: "headDim", rule: "a multiple of 4 from 4 to 256" },
    { name: "start", rule: "at least 0; position of the first query" },
    { name: "queryLen", rule: "at least 1" },
    { name: "keys", rule: "the range of tokens whose keys are attended to; 0 to keyLen by default" },
    { name: "softcap", rule: "above 0, or absent; scores become softcap * tanh(score / softcap)" },
    { name: "order", rule: "heads or queries; with queries, out is [queryLen, numHeads, headDim]" },
    { name: "storage", rule: "float32 or float16; sums are float32" },
    { name: "splits", rule: "at least 1" },
  ],
  derived: [
    { name: "keyLen", rule: "start + queryLen" },
    { name: "firstNear", rule: "max(keys.from, start + 1 - window); keys.from under plain" },
    { name: "nearStart", rule: "0 to firstNear" },
    { name: "nearCapacity", rule: "at least keys.to - firstNear" },
    { name: "rowsStart", rule: "0 to keys.from" },
    { name: "keyCapacity", rule: "nearCapacity under one band; at least keys.to - keys.from under two" },
  ],
  tolerance: { float32: 1e-4, float16: 1e-3 },
  tests: correctnessCases,
  benchmarks: benchmarkCases,
};
