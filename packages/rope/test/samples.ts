import type { RopeScaling, NamedTensor } from "@ropewalk/rope";
import fc from "fast-check";

export type Heads = NamedTensor<readonly ["batch", "numHeads", "seqLen", "headDim"]>;

/** One scaling of every kind, for rotaryDim 8 and a trained window of 4096. A new kind without a row does not compile. */
export const everyScaling: {
  readonly [Kind in RopeScaling["kind"]]: Extract<RopeScaling, { readonly kind: Kind }>;
} = {
  default: { kind: "default" },
  linear: { kind: "linear", factor: 4 },
  "ntk-aware": { kind: "ntk-aware", factor: 4 },
  "dynamic-ntk": { kind: "dynamic-ntk", factor: 4, originalContext: 4096 },
  yarn: { kind: "yarn", factor: 4, originalContext: 4096 },
  llama3: { kind: "llama3", factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalContext: 8192 },
  longrope: {
    kind: "longrope",
    factor: 4,
    originalContext: 4096,
    shortFactor: [1, 1.5, 2, 2.5],
    longFactor: [1, 2, 4, 8],
  },
  abf: { kind: "abf", theta: 500_000 },
  "mr-rope": { kind: "mr-rope", variant: "progressive", factor: 4, originalContext: 4096 },
  custom: {
    kind: "custom",
    frequencies: ({ rotaryDim, theta, seqLen }) => ({
      inverseFrequencies: Array.from({ length: rotaryDim / 2 }, (_, j) => (theta * seqLen) ** ((-2 * j) / rotaryDim)),
    }),
  },
};

/** The largest |a - b| / |b|. */
export const relativeDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  a.length === b.length
    ? Math.max(0, ...Array.from(b, (wanted, i) => Math.abs(a[i]! - wanted) / Math.abs(wanted)))
    : Infinity;

/** Numbers in -1 … 1 that are the same for the same seed. */
export const noise = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * (seed + 1)));

export const tensor = (dims: Heads["dims"], data: ArrayLike<number>): Heads => ({
  dims,
  data: Float32Array.from(data),
});

export const layouts = ["halves", "interleaved"] as const;

/** Shapes and layouts to rotate, partial rotary included. */
export const rotations = fc
  .record({
    layout: fc.constantFrom(...layouts),
    batch: fc.integer({ min: 1, max: 3 }),
    numHeads: fc.integer({ min: 1, max: 3 }),
    seqLen: fc.integer({ min: 1, max: 5 }),
    numPairs: fc.integer({ min: 1, max: 6 }),
    numOthers: fc.integer({ min: 0, max: 5 }),
    seed: fc.integer({ min: 0, max: 1000 }),
  })
  .map(({ numPairs, numOthers, ...shape }) => ({
    ...shape,
    rotaryDim: 2 * numPairs,
    headDim: 2 * numPairs + numOthers,
  }));
