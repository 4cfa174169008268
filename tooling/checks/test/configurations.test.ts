/**
 * Every public function with a configuration object refuses a key that it does not know. The table is complete: a function that
 * a package exports stands in it, or among those that have none.
 * Longer than 400 lines: one table, a row for each public function.
 */
import * as wgsl from "@ropewalk/attention-merge/wgsl";
import * as attention from "@ropewalk/attention-merge";
import * as attentionOnnx from "@ropewalk/attention-merge/onnx";
import { cpu, cuda } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { webgpu } from "@ropewalk/backend-webgpu";
import * as charts from "@ropewalk/charts";
import * as contextExtension from "@ropewalk/context-extension";
import { makeExtension } from "@ropewalk/context-extension/methods";
import * as decoder from "@ropewalk/decoder";
import * as entropy from "@ropewalk/entropy-scaling";
import * as evals from "@ropewalk/evals";
import * as finetune from "@ropewalk/finetune";
import * as generation from "@ropewalk/generation";
import * as worker from "@ropewalk/generation/worker";
import * as graph from "@ropewalk/graph";
import * as models from "@ropewalk/models";
import * as hub from "@ropewalk/models/hub";
import * as exports from "@ropewalk/onnx-exports";
import * as exportFolders from "@ropewalk/onnx-exports/node";
import * as mapping from "@ropewalk/position-mapping";
import * as bands from "@ropewalk/position-mapping/bands";
import * as scheme from "@ropewalk/position-mapping/scheme";
import * as rope from "@ropewalk/rope";
import * as ropeOnnx from "@ropewalk/rope/onnx";
import * as server from "@ropewalk/server";
import * as serverNode from "@ropewalk/server/node";
import * as transformers from "@ropewalk/transformers-js";
import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const mistaken = { mistaken: 1 } as never;
const none = undefined as never;
const vector = { dims: [1, 1, 1, 2], data: new Float32Array(2) } as const;
const row = { dims: [1, 1, 2], data: new Float32Array(2) } as const;

/** Each hands one key too many to the function of that name. */
const calls: Readonly<Record<string, Readonly<Record<string, () => unknown>>>> = {
  "@ropewalk/rope": {
    ropeFrequencies: () => rope.ropeFrequencies(mistaken),
    rotate: () => rope.rotate(mistaken, vector, none),
    rotationTable: () => rope.rotationTable(mistaken, []),
  },
  "@ropewalk/rope/onnx": {
    emitRotate: () => ropeOnnx.emitRotate(none, mistaken, none, none, none),
    emitRotaryEmbedding: () => ropeOnnx.emitRotaryEmbedding(none, mistaken, none, none, none),
  },
  "@ropewalk/position-mapping": {
    selfExtend: () => mapping.selfExtend(mistaken),
    reRope: () => mapping.reRope(mistaken),
    leakyReRope: () => mapping.leakyReRope(mistaken),
    slidingWindow: () => mapping.slidingWindow(mistaken),
    chooseSelfExtend: () => mapping.chooseSelfExtend(mistaken),
    smallestGroupSize: () => mapping.smallestGroupSize(mistaken),
    largestWindow: () => mapping.largestWindow(mistaken),
  },
  "@ropewalk/position-mapping/bands": {
    capacityOfBands: () => bands.capacityOfBands(mistaken, []),
    checkBands: () => bands.checkBands(mistaken, none),
  },
  "@ropewalk/position-mapping/scheme": {
    positionMapping: () => scheme.positionMapping({ kind: "re-rope", window: 8, mistaken: 1 } as never),
  },
  "@ropewalk/entropy-scaling": {
    queryScale: () => entropy.queryScale({ kind: "log-n", trainedContext: 8 }, mistaken),
    queryScaleCurve: () => entropy.queryScaleCurve({ kind: "log-n", trainedContext: 8, mistaken: 1 } as never, 0),
    queryScales: () => entropy.queryScales({ kind: "log-n", trainedContext: 8, mistaken: 1 } as never, 0, []),
    attentionEntropy: () => entropy.attentionEntropy(mistaken, none),
  },
  "@ropewalk/attention-merge": { bandedAttention: () => attention.bandedAttention(mistaken, [], row) },
  "@ropewalk/attention-merge/onnx": {
    emitAttention: () => attentionOnnx.emitAttention(none, mistaken),
    emitAttentionByHead: () => attentionOnnx.emitAttentionByHead(none, mistaken),
    emitMeasuredAttention: () => attentionOnnx.emitMeasuredAttention(none, none, mistaken),
    emitMeasuredAttentionByHead: () => attentionOnnx.emitMeasuredAttentionByHead(none, none, mistaken),
    emitJointAttention: () => attentionOnnx.emitJointAttention(none, mistaken),
    emitKernelNode: () => attentionOnnx.emitKernelNode(none, none, mistaken),
    emitMeasuredJointAttention: () => attentionOnnx.emitMeasuredJointAttention(none, none, mistaken),
  },
  "@ropewalk/attention-merge/wgsl": {
    attentionKernel: () => wgsl.attentionKernel(mistaken),
    attentionCost: () => wgsl.attentionCost(mistaken),
    attentionOverParts: () => wgsl.attentionOverParts(mistaken),
  },
  "@ropewalk/backend-node": { cpu: () => cpu(mistaken), cuda: () => cuda(mistaken) },
  "@ropewalk/backend-wasm": { wasm: () => wasm(mistaken) },
  "@ropewalk/backend-webgpu": { webgpu: () => webgpu(mistaken) },
  "@ropewalk/graph": {
    node: () => graph.node("Add", [], [], {}, mistaken),
    tape: () => graph.tape().model(mistaken),
  },
  "@ropewalk/context-extension/methods": {
    makeExtension: () => makeExtension({ make: "logN", config: { trainedContext: 8 }, mistaken: 1 } as never),
  },
  "@ropewalk/context-extension": {
    ...Object.fromEntries(
      (
        [
          ...[
            "selfExtend",
            "reRope",
            "leakyReRope",
            "slidingWindow",
            "positionInterpolation",
            "ntkAware",
            "dynamicNtk",
          ],
          ...["yarn", "mrRope", "abf", "logN", "yarnTemperature", "entropyAbf", "compose", "recordOf", "extensionOf"],
        ] as const
      ).map((name) => [
        name,
        () => (contextExtension as never as Record<string, (config: unknown) => unknown>)[name]!(mistaken),
      ]),
    ),
    withPositions: () => contextExtension.withPositions({ kind: "re-rope", window: 8, mistaken: 1 } as never),
    checkExtension: () => contextExtension.checkExtension("f", mistaken),
    extendContext: () => contextExtension.extendContext(none, mistaken),
    readRecord: () => contextExtension.readRecord("f", "record", mistaken),
    readRopeScaling: () => contextExtension.readRopeScaling("f", "rope", { kind: "default", mistaken: 1 } as never),
  },
  "@ropewalk/decoder": {
    extendDecoder: () => decoder.extendDecoder(none, {}, mistaken),
    decoderGraph: () => decoder.decoderGraph(none, none, mistaken),
    checkAttentions: () => decoder.checkAttentions("f", mistaken, 1),
  },
  "@ropewalk/models": {
    openUrl: () => models.openUrl(new URL("file:///"), mistaken),
    loadGguf: () => models.loadGguf("x.gguf", none, mistaken),
    depthUpscale: () => models.depthUpscale(none, mistaken),
    quantizeBlocks: () => models.quantizeBlocks(mistaken, new Float32Array(2), 2),
    unpackBlocks: () => models.unpackBlocks(mistaken, { elements: new Uint8Array(), scales: new Float32Array() }, 2),
    readRotation: () => models.readRotation({}, mistaken),
    adapterFiles: () => models.adapterFiles(mistaken, {}),
    withAdapters: () => models.withAdapters({} as never, [mistaken]),
    tunedConfig: () => models.tunedConfig(mistaken, {}),
    tunedFiles: () => models.tunedFiles(mistaken, none, {}),
  },
  "@ropewalk/models/hub": {
    openHub: () => hub.openHub(mistaken),
    openSource: () => hub.openSource(".", mistaken),
  },
  "@ropewalk/onnx-exports": {
    loadExport: () => exports.loadExport(mistaken, none),
    extendExport: () => exports.extendExport(mistaken, none),
    extendConfigs: () => exports.extendConfigs(mistaken),
  },
  "@ropewalk/onnx-exports/node": { extendFolder: () => exportFolders.extendFolder(mistaken, ".", ".") },
  "@ropewalk/generation": {
    keepEnds: () => generation.keepEnds(mistaken),
    samplingOf: () => generation.samplingOf(none, mistaken),
    loadModel: () => generation.loadModel(none, mistaken),
    openModel: () => generation.openModel(none, mistaken),
    prefill: () => generation.prefill(none, none, [], mistaken),
    createCache: () => generation.createCache(none, none, mistaken),
    plannedCacheBytes: () => generation.plannedCacheBytes(none, mistaken),
    startSampling: () => generation.startSampling({ kind: "greedy", mistaken: 1 } as never),
    textCodec: () => generation.textCodec(mistaken),
  },
  "@ropewalk/generation/worker": { serveModels: () => worker.serveModels(mistaken) },
  "@ropewalk/charts": {
    curves: () => charts.curves(mistaken),
    heatMap: () => charts.heatMap(mistaken),
    keyGrid: () => charts.keyGrid(mistaken),
    lossCurves: () => charts.lossCurves(mistaken),
    panels: () => charts.panels(mistaken),
    speedCurves: () => charts.speedCurves(mistaken),
    trainingCurve: () => charts.trainingCurve(mistaken),
  },
  "@ropewalk/evals": {
    entropies: () => evals.entropies(none, [], mistaken),
    tune: () => evals.tune({ extended: {} } as never, [], mistaken),
    passkeyFrom: () => evals.passkeyFrom(mistaken),
    passkeyCell: () => evals.passkeyCell(none, none, mistaken),
    passkeyIn: () => evals.passkeyIn(none, mistaken),
    passkeyPrompt: () => evals.passkeyPrompt(none, none, mistaken),
    perplexity: () => evals.perplexity(none, [], mistaken),
    tokenLosses: () => evals.tokenLosses(none, [], mistaken),
    tokenLossesOfEach: () => evals.tokenLossesOfEach(none, [], mistaken),
    tokenStream: () => evals.tokenStream({ source: {}, text: none } as never, "", mistaken),
    rulerTask: () => evals.rulerTask("vt", mistaken),
    openRuler: () => evals.openRuler("vt", mistaken),
    runTask: () => evals.runTask(evals.rulerTask("vt"), none, mistaken),
    checkTask: () => evals.checkTask("test", mistaken),
    ownTask: () => evals.ownTask("test", mistaken),
    readSweep: () => evals.readSweep("test", mistaken, none),
    longBench: () => evals.longBench(none, [], mistaken),
    exam: () => evals.exam(none, [], mistaken),
    readSamples: () => evals.readSamples([{ name: "", text: "" }], mistaken),
    scoreAnswer: () => evals.scoreAnswer("f1", "", [""], mistaken),
    shardOf: () => evals.shardOf([], mistaken, none),
  },
  "@ropewalk/finetune": {
    adamWStep: () => finetune.adamWStep(mistaken, 0, none, none, { step: 0 } as never),
    entropyAbfRecipe: () => finetune.entropyAbfRecipe(mistaken),
    fitSamples: () => finetune.fitSamples(mistaken, []),
    learningRateAt: () => finetune.learningRateAt(mistaken, 0),
    recipe: () => finetune.recipe("yarn", mistaken),
    readData: () => finetune.readData(mistaken, ""),
    train: () => finetune.train(mistaken),
    adapterFolder: () => finetune.adapterFolder(mistaken, none),
    tunedFolder: () => finetune.tunedFolder(mistaken, none),
    identifyRun: () => finetune.identifyRun(mistaken),
  },
  "@ropewalk/server": {
    createHandler: () => server.createHandler(mistaken),
  },
  "@ropewalk/server/node": {
    listen: () => serverNode.listen(mistaken),
  },
  "@ropewalk/transformers-js": {
    extendModels: () => transformers.extendModels({ fetch } as never, mistaken),
  },
};

/** Functions that take values, numbers and text alone: what is wrong with those they find by their parts. */
const withoutConfiguration: Readonly<Record<string, readonly string[]>> = {
  "@ropewalk/rope": ["dependsOnLength"],
  "@ropewalk/position-mapping": [
    ...["capacity", "defaultWindow", "formatRelativePositions", "plain", "relativePosition", "relativePositions"],
  ],
  "@ropewalk/position-mapping/bands": ["covers", "nearAndFar", "nearBand"],
  "@ropewalk/attention-merge": ["mergeAttention", "quantizeKeys", "quantizeValues"],
  "@ropewalk/attention-merge/entropy": ["mergeEntropy"],
  "@ropewalk/attention-merge/onnx": [
    ...[
      "emitCast",
      "emitGroupHeads",
      "emitGroupQueries",
      "emitHeads",
      "emitLongProduct",
      "emitMerge",
      "emitScores",
      "emitShortProduct",
    ],
    ...["emitSoftcap", "emitRepeatPerGroup", "emitUngroup"],
  ],
  "@ropewalk/attention-merge/wgsl": ["kernelOfNode", "partSizes", "readKernelNode"],
  "@ropewalk/gguf": [
    ...[
      "codeForm",
      "isBlockType",
      "dequantize",
      "unpackCodes",
      "blobSource",
      "bytesSource",
      "readGguf",
      "readGgufHeader",
      "splitNames",
    ],
  ],
  "@ropewalk/graph": [
    ...["attribute", "checkModel", "decode", "decodeTensor", "encode", "evaluate", "innerGraphs", "ndArray"],
    ...["tensorFromArray", "tensorToArray", "typeCode", "valueInfo", "valueOfInfo"],
    ...[
      "mapInnerGraphs",
      "mapNodes",
      "mapTensors",
      "nodesIn",
      "tensorsIn",
      "nameOutputs",
      "withGraph",
      "neededNames",
      "pruneGraph",
      "renameGraph",
    ],
    ...["renameNodes", "nodeInCycle", "sortNodes", "missingValue", "graphView", "namesMade", "namesRead"],
  ],
  "@ropewalk/context-extension": [
    ...["longerExtension"],
    ...[
      "attentionGroups",
      "extendGroups",
      "extendedKind",
      "frequenciesFor",
      "knownContext",
      "placeOfLayer",
      "positionIn",
      "settles",
    ],
  ],
  "@ropewalk/decoder": [
    ...[
      "batchHeads",
      "multiStepGraph",
      "cacheFormatOf",
      "cacheLayout",
      "chunkAttention",
      "chunkMasks",
      "chunkNumbers",
      "chunkRanges",
      "denseWeights",
      "embedding",
      "farAfter",
      "farFrom",
    ],
    ...["gatedFeedForward", "geluTanh", "giveLogits", "hasBand", "layerNorm", "linear"],
    ...[
      "headsOfJoined",
      "headsOfRows",
      "projectHeads",
      "kernelAttention",
      "keptRotations",
      "attentionPathName",
      "ringChunks",
      "ringRuns",
      "ringSlots",
      "ringTokens",
    ],
    "zeroCenteredRmsNorm",
    ...["longestChunk", "rmsNorm", "silu", "slotRuns", "softcapped", "someLayers", "splitColumns", "storedWeights"],
  ],
  "@ropewalk/models": [
    ...[
      "canonical",
      "hashOf",
      "sha256",
      "startHashChain",
      "extendHashChain",
      "weightsFingerprint",
      "encodeSafetensorsHeader",
      "readSafetensors",
      "sampledHash",
    ],
    ...["adaptable", "convertCheckpoint", "firstNonFinite", "hasWeights", "holdFiles", "inMemory", "loadAdapter"],
    ...["adapterTensor", "readExtensionEntry", "tunedUnder"],
    ...[
      "loadCheckpoint",
      "nonFiniteWeights",
      "holdCheckpoint",
      "materializeFiles",
      "isHeld",
      "liesOnDisk",
      "openFiles",
    ],
    ...[
      "parameterCount",
      "quantizeCheckpoint",
      "readDense",
      "readExtensionEntry",
      "readJson",
      "readModelTexts",
      "ggufTexts",
      "mergesOfScores",
      "readSafetensorsHeader",
      "safetensorsOf",
      "storedBytes",
    ],
    ...["unpackCheckpoint", "weightBytes", "upcastCheckpoint"],
  ],
  "@ropewalk/onnx-exports": ["tablePlaces"],
  "@ropewalk/onnx-exports/node": ["trainedContextOf"],
  "@ropewalk/generation": [
    ...["forkCache", "isContextLengthExceeded", "regroup", "savedPrefixFacts"],
    ...[
      "appendToCache",
      "argmax",
      "prepareCheckpoint",
      "beyondCapacity",
      "cacheBytes",
      "chatFormat",
      "checkWeights",
      "needCheckpoint",
    ],
    // runMultiStep reads its options once it holds a cache: the tests of generation hand it one.
    ...["releaseCache", "resetCache", "runMultiStep", "runChunk", "sample", "textStream"],
  ],
  "@ropewalk/evals": [
    ...["everyCandidate", "extensionOfCandidate", "jsonLines", "sampleLoss", "searchSpace", "textField", "tuneSamples"],
    ...["joinedCells", "joinedReports", "textOf", "withDigits", "writtenLength", "writtenPasskeys"],
    ...["canonical", "cellHash", "checkShard", "differences", "evaluationOf", "hashOf", "mergeRecords", "readRecords"],
    ...["recordLine", "sha256", "sweepHash"],
    ...["examQuestions", "examReport", "readQuestions", "longBenchReport", "longBenchSamples"],
    ...["editSimilarity", "jieba", "scoreDataset"],
    ...["documentShape", "isTaskModule", "lengthSummary", "rulerNeeds", "stringMatchAll", "stringMatchPart"],
  ],
  "@ropewalk/generation/worker": ["connectWorker"],
  "@ropewalk/finetune": [
    ...[
      "attentionEntropy",
      "clipGradients",
      "cutText",
      "dataForm",
      "gradientNorm",
      "needTunable",
      "openLossGraph",
      "readParameters",
      "startAdamW",
      "stateFiles",
      "stateFrom",
      "tunedCheckpoint",
    ],
  ],
  "@ropewalk/transformers-js": ["withRopewalk"],
  // What they hand on is read by generate: the tests of ai-sdk hand one a key too many.
  "@ropewalk/ai-sdk": ["ropewalk", "ropewalkOptions"],
  "@ropewalk/models/files": ["withFile", "writeFileWhole"],
};

/** Whose functions are for backends, checks and training loops, or give and take files alone. */
const withoutRow: ReadonlySet<string> = new Set([
  ...["@ropewalk/check", "@ropewalk/tiny-models", "@ropewalk/backend", "@ropewalk/backend/host"],
  ...[
    "@ropewalk/backend/conformance",
    "@ropewalk/models/node",
    "@ropewalk/finetune/node",
    "@ropewalk/graph/gradient",
    "@ropewalk/decoder/training",
  ],
]);

const entries = globSync("packages/*/package.json")
  .flatMap((path) => {
    const { name, exports: entry } = JSON.parse(readFileSync(path, "utf8")) as { name: string; exports: object };
    return Object.keys(entry)
      .filter((key) => key !== "./package.json" && !key.includes("*"))
      .map((key) => name + key.slice(1));
  })
  .filter((name) => !withoutRow.has(name))
  .toSorted();

describe.each(entries)("%s", (entry) => {
  it("has no function that is neither in the table nor among those without a configuration", async () => {
    const module = (await import(entry)) as Readonly<Record<string, unknown>>;
    const functions = Object.keys(module).filter((name) => typeof module[name] === "function");
    const known = new Set([...Object.keys(calls[entry] ?? {}), ...(withoutConfiguration[entry] ?? [])]);
    // What one package passes on of another stands in that one's rows.
    const passesOn = ["@ropewalk/decoder", "@ropewalk/transformers-js"].includes(entry);
    const passedOn = new Set(Object.values(passesOn ? await import("@ropewalk/context-extension") : {}) as unknown[]);
    expect(functions.filter((name) => !known.has(name) && !passedOn.has(module[name]))).toEqual([]);
    expect([...known].filter((name) => !functions.includes(name))).toEqual([]);
  });

  it.each(Object.entries(calls[entry] ?? {}))("%s refuses a key that it does not know", async (_, call) => {
    const error = await (async () => call())().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(/^[\w ]+: .* must have no keys but .*, got "mistaken"$|got "mistaken"$/);
  });
});
