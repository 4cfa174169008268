/**
 * How large each package may be, in bytes: its tarball, as npm sends it; each entry in a page, bundled, minified and gzipped with all that
 * it imports but the runtimes; and one name of the entry alone, which shows that a bundler leaves the rest out. About a
 * quarter above what was measured when the row was written; less for the primitives, which are to stay small. `npm run size` prints what they are.
 */
export type EntryBudget = {
  readonly all: number;
  readonly name: string;
  readonly alone: number;
  /** Of a primitive: its own code, in which what it imports of `@ropewalk/check` is left out. Rope has ten kinds of scalings. */
  readonly own?: number;
};

export type PackageBudget = { readonly tarball: number; readonly entries: Readonly<Record<string, EntryBudget>> };

export const budgets: Readonly<Record<string, PackageBudget>> = {
  "@ropewalk/ai-sdk": { tarball: 26_000, entries: { ".": { all: 5_200, name: "ropewalkOptions", alone: 1_500 } } },
  "@ropewalk/attention-merge": {
    tarball: 125_000,
    entries: {
      ".": { all: 3_000, name: "quantizeKeys", alone: 1_200, own: 1_500 },
      "./entropy": { all: 1_450, name: "mergeEntropy", alone: 1_450 },
      "./onnx": { all: 6_200, name: "emitCast", alone: 1_800 },
      "./wgsl": { all: 12_000, name: "attentionCost", alone: 3_400 },
    },
  },
  "@ropewalk/backend": {
    tarball: 385_000,
    entries: {
      ".": { all: 1_700, name: "firstAvailable", alone: 1_200 },
      "./host": { all: 3_000, name: "stopTelemetry", alone: 400 },
      "./conformance": { all: 170_000, name: "tolerance", alone: 150 },
    },
  },
  "@ropewalk/backend-node": { tarball: 22_000, entries: { ".": { all: 1_250, name: "cpu", alone: 1_250 } } },
  "@ropewalk/backend-wasm": { tarball: 14_000, entries: { ".": { all: 4_600, name: "wasm", alone: 4_600 } } },
  "@ropewalk/backend-webgpu": { tarball: 95_000, entries: { ".": { all: 56_000, name: "webgpu", alone: 56_000 } } },
  "@ropewalk/charts": { tarball: 44_000, entries: { ".": { all: 8_600, name: "lossCurves", alone: 4_800 } } },
  "@ropewalk/check": { tarball: 26_000, entries: { ".": { all: 2_800, name: "atLeastZero", alone: 900 } } },
  "@ropewalk/context-extension": {
    tarball: 62_000,
    entries: {
      ".": { all: 12_000, name: "abf", alone: 3_600 },
      "./methods": { all: 12_000, name: "makeExtension", alone: 8_600 },
    },
  },
  "@ropewalk/decoder": {
    tarball: 160_000,
    entries: {
      ".": { all: 78_000, name: "ringTokens", alone: 1_550 },
      "./training": { all: 58_000, name: "trainingCheckpoints", alone: 1_550 },
    },
  },
  "@ropewalk/entropy-scaling": {
    tarball: 18_000,
    entries: { ".": { all: 3_000, name: "queryScaleCurve", alone: 2_200, own: 1_500 } },
  },
  "@ropewalk/evals": { tarball: 245_000, entries: { ".": { all: 100_000, name: "readQuestions", alone: 3_000 } } },
  "@ropewalk/finetune": {
    tarball: 110_000,
    entries: {
      ".": { all: 110_000, name: "dataForm", alone: 3_200 },
      "./node": { all: 350, name: "readState", alone: 300 },
    },
  },
  "@ropewalk/generation": {
    tarball: 445_000,
    entries: {
      ".": { all: 245_000, name: "sample", alone: 4_400 },
      "./worker": { all: 250_000, name: "connectWorker", alone: 66_000 },
    },
  },
  "@ropewalk/gguf": { tarball: 48_000, entries: { ".": { all: 7_400, name: "codeForm", alone: 1_200 } } },
  "@ropewalk/graph": {
    tarball: 280_000,
    entries: {
      ".": { all: 58_000, name: "renameGraph", alone: 2_400 },
      "./gradient": { all: 58_000, name: "gradientOf", alone: 150 },
    },
  },
  "@ropewalk/models": {
    tarball: 445_000,
    entries: {
      ".": { all: 60_000, name: "readModelTexts", alone: 2_800 },
      "./files": { all: 1_800, name: "withFile", alone: 1_500 },
      "./hub": { all: 9_000, name: "openHub", alone: 8_600 },
      "./node": { all: 700, name: "ownFolder", alone: 300 },
    },
  },
  "@ropewalk/onnx-exports": {
    tarball: 260_000,
    entries: {
      ".": { all: 125_000, name: "extendConfigs", alone: 24_000 },
      "./node": { all: 300, name: "extendFolder", alone: 300 },
    },
  },
  "@ropewalk/position-mapping": {
    tarball: 52_000,
    entries: {
      ".": { all: 3_000, name: "largestWindow", alone: 1_650, own: 1_500 },
      "./bands": { all: 3_400, name: "covers", alone: 250 },
      "./scheme": { all: 4_600, name: "positionKinds", alone: 4_400 },
    },
  },
  "@ropewalk/rope": {
    tarball: 40_000,
    entries: {
      ".": { all: 3_100, name: "rotationTable", alone: 1_750, own: 1_750 },
      "./onnx": { all: 2_600, name: "emitRotaryEmbedding", alone: 1_850 },
    },
  },
  "@ropewalk/server": {
    tarball: 96_000,
    entries: {
      ".": { all: 44_000, name: "createHandler", alone: 44_000 },
      "./node": { all: 3_500, name: "listen", alone: 3_500 },
    },
  },
  "@ropewalk/tiny-models": { tarball: 5_305_000, entries: { ".": { all: 400, name: "stories260K", alone: 300 } } },
  "@ropewalk/transformers-js": { tarball: 60_000, entries: { ".": { all: 135_000, name: "logN", alone: 1_650 } } },
  ropewalk: { tarball: 445_000, entries: {} },
};
