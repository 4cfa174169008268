/**
 * How large each package may be, in bytes: its tarball, as npm sends it; each entry in a page, bundled, minified and gzipped with all that
 * it imports but the runtimes; and one name of the entry alone, which shows that a bundler leaves the rest out. About an
 * eighth above what was measured when the row was written. `npm run size` prints what they are.
 */
export type EntryBudget = { readonly all: number; readonly name: string; readonly alone: number };

export type PackageBudget = { readonly tarball: number; readonly entries: Readonly<Record<string, EntryBudget>> };

export const budgets: Readonly<Record<string, PackageBudget>> = {
  "@ropewalk/ai-sdk": { tarball: 22_000, entries: { ".": { all: 4_600, name: "ropewalkOptions", alone: 1_300 } } },
  "@ropewalk/attention-merge": {
    tarball: 94_000,
    entries: {
      ".": { all: 3_200, name: "quantizeKeys", alone: 1_050 },
      "./entropy": { all: 1_250, name: "mergeEntropy", alone: 1_250 },
      "./onnx": { all: 5_400, name: "emitCast", alone: 1_600 },
      "./wgsl": { all: 9_000, name: "attentionCost", alone: 3_000 },
    },
  },
  "@ropewalk/backend": {
    tarball: 340_000,
    entries: {
      ".": { all: 1_500, name: "firstAvailable", alone: 1_050 },
      "./host": { all: 2_600, name: "stopTelemetry", alone: 350 },
      "./conformance": { all: 150_000, name: "tolerance", alone: 100 },
    },
  },
  "@ropewalk/backend-node": { tarball: 18_000, entries: { ".": { all: 1_100, name: "cpu", alone: 1_100 } } },
  "@ropewalk/backend-wasm": { tarball: 12_000, entries: { ".": { all: 4_000, name: "wasm", alone: 4_000 } } },
  "@ropewalk/backend-webgpu": { tarball: 62_000, entries: { ".": { all: 7_400, name: "webgpu", alone: 7_400 } } },
  "@ropewalk/charts": { tarball: 38_000, entries: { ".": { all: 7_600, name: "lossCurves", alone: 4_200 } } },
  "@ropewalk/check": { tarball: 22_000, entries: { ".": { all: 2_400, name: "atLeastZero", alone: 800 } } },
  "@ropewalk/context-extension": {
    tarball: 54_000,
    entries: {
      ".": { all: 10_000, name: "abf", alone: 3_200 },
      "./methods": { all: 9_200, name: "makeExtension", alone: 7_600 },
    },
  },
  "@ropewalk/decoder": {
    tarball: 140_000,
    entries: {
      ".": { all: 68_000, name: "ringTokens", alone: 1_350 },
      "./training": { all: 50_000, name: "trainingCheckpoints", alone: 1_350 },
    },
  },
  "@ropewalk/entropy-scaling": {
    tarball: 16_000,
    entries: { ".": { all: 2_600, name: "queryScaleCurve", alone: 1_950 } },
  },
  "@ropewalk/evals": { tarball: 215_000, entries: { ".": { all: 88_000, name: "readQuestions", alone: 2_600 } } },
  "@ropewalk/finetune": {
    tarball: 96_000,
    entries: {
      ".": { all: 94_000, name: "dataForm", alone: 2_800 },
      "./node": { all: 300, name: "readState", alone: 250 },
    },
  },
  "@ropewalk/generation": {
    tarball: 395_000,
    entries: {
      ".": { all: 215_000, name: "sample", alone: 3_800 },
      "./worker": { all: 220_000, name: "connectWorker", alone: 58_000 },
    },
  },
  "@ropewalk/gguf": { tarball: 42_000, entries: { ".": { all: 6_600, name: "codeForm", alone: 1_050 } } },
  "@ropewalk/graph": {
    tarball: 250_000,
    entries: {
      ".": { all: 50_000, name: "renameGraph", alone: 2_000 },
      "./gradient": { all: 50_000, name: "gradientOf", alone: 100 },
    },
  },
  "@ropewalk/models": {
    tarball: 395_000,
    entries: {
      ".": { all: 52_000, name: "readModelTexts", alone: 2_400 },
      "./files": { all: 1_600, name: "withFile", alone: 1_300 },
      "./hub": { all: 8_000, name: "openHub", alone: 7_600 },
      "./node": { all: 600, name: "ownFolder", alone: 250 },
    },
  },
  "@ropewalk/onnx-exports": {
    tarball: 230_000,
    entries: {
      ".": { all: 110_000, name: "extendConfigs", alone: 20_000 },
      "./node": { all: 250, name: "extendFolder", alone: 250 },
    },
  },
  "@ropewalk/position-mapping": {
    tarball: 46_000,
    entries: {
      ".": { all: 3_000, name: "largestWindow", alone: 1_450 },
      "./bands": { all: 3_000, name: "covers", alone: 200 },
      "./scheme": { all: 4_000, name: "positionKinds", alone: 3_800 },
    },
  },
  "@ropewalk/rope": {
    tarball: 34_000,
    entries: {
      ".": { all: 3_600, name: "rotationTable", alone: 1_550 },
      "./onnx": { all: 2_200, name: "emitRotaryEmbedding", alone: 1_650 },
    },
  },
  "@ropewalk/server": {
    tarball: 84_000,
    entries: {
      ".": { all: 39_000, name: "createHandler", alone: 39_000 },
      "./node": { all: 2_200, name: "listen", alone: 2_200 },
    },
  },
  "@ropewalk/tiny-models": { tarball: 4_735_000, entries: { ".": { all: 350, name: "stories260K", alone: 250 } } },
  "@ropewalk/transformers-js": { tarball: 52_000, entries: { ".": { all: 120_000, name: "logN", alone: 1_450 } } },
  ropewalk: { tarball: 395_000, entries: {} },
};
