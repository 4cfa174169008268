/** The manifest's cases: sizes that kernels easily get wrong, and sizes of real models. */
import type { AttentionConfig } from "./shape.ts";

/** A case. Its inputs are any numbers of the manifest's range; the right result is `bandedAttention` of them. */
export type AttentionCase = { readonly name: string; readonly config: AttentionConfig };

const one = { numHeads: 1, numKvHeads: 1, headDim: 32, start: 0, queryLen: 1 } as const;
const two = (window: number): AttentionConfig["bands"] => ({ kind: "nearAndFar", window });

export const correctnessCases: readonly AttentionCase[] = [
  { name: "one key", config: { ...one, bands: two(4) } },
  { name: "one query", config: { ...one, bands: two(20), start: 333 } },
  { name: "window 1: every key but a query's own is far", config: { ...one, bands: two(1), start: 40, queryLen: 70 } },
  { name: "window larger than everything", config: { ...one, bands: two(1_000), start: 40, queryLen: 70 } },
  { name: "tiles that are far throughout", config: { ...one, bands: two(3), start: 256, queryLen: 64 } },
  // Positions 100 … 131 meet keys 0 … 31: only (100, 31), at distance 69, is near.
  { name: "mixed in the first row alone", config: { ...one, bands: two(70), start: 100, queryLen: 32 } },
  // Positions 100 … 131 meet keys 32 … 63: only (131, 32), at distance 99, is far.
  { name: "mixed in the last row alone", config: { ...one, bands: two(99), start: 100, queryLen: 32 } },
  { name: "a group of all heads", config: { ...one, bands: two(33), numHeads: 7, start: 50, queryLen: 41 } },
  {
    name: "groups of one head",
    config: { ...one, bands: two(33), numHeads: 3, numKvHeads: 3, start: 50, queryLen: 41 },
  },
  { name: "heads 80 wide", config: { ...one, bands: two(45), headDim: 80, start: 77, queryLen: 50 } },
  { name: "heads 96 wide", config: { ...one, bands: two(45), headDim: 96, start: 77, queryLen: 50 } },
  { name: "heads 128 wide", config: { ...one, bands: two(45), headDim: 128, start: 77, queryLen: 50 } },
  { name: "heads 256 wide", config: { ...one, bands: two(45), headDim: 256, start: 77, queryLen: 50 } },
  { name: "heads 4 wide", config: { ...one, bands: two(45), headDim: 4, start: 77, queryLen: 50 } },
  { name: "plain, no past", config: { ...one, bands: { kind: "plain" }, numHeads: 2, queryLen: 129 } },
  { name: "plain, rows to spare", config: { ...one, bands: { kind: "plain", capacity: 300 }, start: 9, queryLen: 40 } },
  {
    name: "sliding window in a ring",
    config: {
      ...one,
      start: 500,
      queryLen: 37,
      bands: { kind: "slidingWindow", window: 64, rows: { start: 0, capacity: 100 } },
    },
  },
  {
    name: "near keys in a ring, rows to spare",
    config: {
      ...one,
      start: 300,
      queryLen: 45,
      bands: { kind: "nearAndFar", window: 50, nearRows: { start: 0, capacity: 94 }, capacity: 512 },
    },
  },
  {
    name: "near keys from the first that is needed",
    config: {
      ...one,
      start: 300,
      queryLen: 45,
      bands: { kind: "nearAndFar", window: 50, nearRows: { start: 251, capacity: 94 } },
    },
  },
  { name: "more splits than tiles of keys", config: { ...one, bands: two(20), start: 60, splits: 7 } },
  {
    name: "a few queries, keys split",
    config: { ...one, bands: two(100), numHeads: 6, numKvHeads: 2, headDim: 64, start: 900, queryLen: 3, splits: 5 },
  },
  {
    name: "float16, a chunk",
    config: { ...one, bands: two(40), numHeads: 4, numKvHeads: 2, start: 99, queryLen: 50, storage: "float16" },
  },
  {
    name: "float16, a step",
    config: { ...one, bands: two(40), numHeads: 4, numKvHeads: 2, start: 999, storage: "float16", splits: 4 },
  },
];

const heads = { numHeads: 32, numKvHeads: 8, headDim: 128 } as const;
const small = { numHeads: 4, numKvHeads: 2, headDim: 64 } as const;

export const benchmarkCases: readonly AttentionCase[] = [
  { name: "small: a chunk of 128 behind 896", config: { ...small, bands: two(256), start: 896, queryLen: 128 } },
  { name: "small: a step behind 4,095", config: { ...small, bands: two(256), start: 4_095, queryLen: 1 } },
  { name: "a chunk of 512 behind 7,680", config: { ...heads, bands: two(1_024), start: 7_680, queryLen: 512 } },
  { name: "a prompt of 2,048", config: { ...heads, bands: two(1_024), start: 0, queryLen: 2_048 } },
  { name: "a step behind 8,191", config: { ...heads, bands: two(1_024), start: 8_191, queryLen: 1 } },
  { name: "a step behind 32,767", config: { ...heads, bands: two(1_024), start: 32_767, queryLen: 1 } },
];
