/** A decoded model with an extension put on it, and the configs that go with it. */
import {
  extendContext,
  extendGroups,
  extendedKind,
  recordOf,
  type ContextExtension,
  type ExtendedContext,
  type ExtendedGroup,
} from "@ropewalk/context-extension";
import { showName } from "@ropewalk/check";
import { attentionOutputs, extendDecoder, type Attentions } from "@ropewalk/decoder";
import type { ModelProto } from "@ropewalk/graph";
import { dependsOnLength } from "@ropewalk/rope";
import { countOf, extendedConfig, extendedGenaiConfig, jsonObject, type NewLimits } from "../config/config-files.ts";
import { layerNotices } from "../config/config-layers.ts";
import { engineFile, type EngineFile } from "../engines/index.ts";
import { check } from "../errors.ts";
import type { DataPlace } from "../graph/external-data.ts";
import { chunkMetadata, extensionMetadata, withMetadata, type ChunkMetadata } from "../metadata/metadata.ts";
import { decoderSizesOf } from "../recognise/decoder-sizes.ts";
import { slideInPart } from "../recognise/export-context.ts";
import { readExport, type ReadExport } from "../recognise/read-export.ts";
import { rewriteAsChunk } from "../rewrite/for-generation/rewrite-as-chunk.ts";
import { maxTokens } from "../rewrite/portable/position-pages.ts";
import { rewritePortable } from "../rewrite/portable/rewrite-portable.ts";
import { byRuntime } from "../rewrite/runtime.ts";
import type { ExtendOptions } from "./extend-options.ts";

export type ExtendedModel = {
  readonly model: ModelProto;
  /** config.json to go with it: `max_position_embeddings` is the capacity. */
  readonly config: Readonly<Record<string, unknown>>;
  /**
   * genai_config.json to go with it, if one was given: `context_length` is the capacity. None for `runtime: "ropewalk"`,
   * which ONNX Runtime GenAI cannot run.
   */
  readonly genaiConfig: Readonly<Record<string, unknown>> | undefined;
  /** The files of the engines that were asked for, by their names. */
  readonly engineFiles: Readonly<Record<string, string>>;
  /** The longest input in tokens that the model can be given. */
  readonly capacity: number;
  /** The window that the export was trained on, in tokens. */
  readonly trainedContext: number;
  /** How many layers were rewritten. */
  readonly numLayers: number;
  /** The files that hold its weights, relative to the model's folder. */
  readonly dataFiles: readonly string[];
  /** Sentences about changes that were not asked for. A program should print them. */
  readonly notices: readonly string[];
  /** Every place in a file that holds weights. */
  readonly places: readonly DataPlace[];
};

const checkAttentions = (attentions: Attentions | undefined): void =>
  check(
    attentions === undefined || attentionOutputs.includes(attentions),
    `attentions must be one of ${attentionOutputs.join(", ")}`,
    String(attentions),
  );

/** An extension's positions are for layers that rotate and attend to everything, or to a window if all layers do. */
const checkPositions = ({ positions }: ContextExtension, { attention }: ReadExport["context"]): void =>
  check(
    positions === undefined || extendedKind(attention) !== undefined,
    "a model must have a layer that attends to everything and rotates, for an extension to set its positions",
    `none in ${attention.length} layers, and ${positions?.name}`,
  );

/** A cached key keeps its rotation, so the frequencies cannot change with the length. */
const checkScaling = ({ rope }: ExtendedGroup): void =>
  check(
    rope === undefined || !dependsOnLength(rope.scaling),
    "frequencies must not depend on the length, since a cached key keeps its rotation; another rope scaling may be put in their place",
    rope?.scaling.kind,
  );

type Rewritten = {
  readonly model: ModelProto;
  readonly extended: ExtendedContext;
  readonly chunk?: ChunkMetadata;
};

/** The model for a caller that keeps the cache. */
const extendPortable = ({ extension, cache, attentions }: ExtendOptions, exported: ReadExport): Rewritten => {
  const { view, attentionMatches, context } = exported;
  check(cache === undefined, `cache must be absent for runtime "portable", where the caller keeps it`, cache);
  const extended = extendContext(context, extension);
  const { headDim } = attentionMatches[0]!;
  const groups = extendGroups({ ...context, numLayers: attentionMatches.length, headDim }, extension);
  groups.forEach(checkScaling);
  return { extended, model: rewritePortable({ attentionMatches, groups, attentions }, view) };
};

/** The model for `@ropewalk/generation`, which keeps the cache. */
const extendForGeneration = (options: ExtendOptions, exported: ReadExport): Rewritten => {
  const { extension, cache, attentions, engines = [] } = options;
  const { view, attentionMatches } = exported;
  check(
    engines.length === 0,
    `engines must be absent for runtime "ropewalk", whose cache ${engines.join(" and ")} cannot keep`,
    String(engines),
  );
  check(
    attentions === undefined,
    `attentions must be absent for runtime "ropewalk", whose scores lie in parts; generation's attentions gives those of an export that it loads`,
    attentions,
  );
  const extended = extendDecoder(decoderSizesOf(exported), extension, cache === undefined ? {} : { cache });
  const model = rewriteAsChunk({ extended, attentionMatches, operators: "all" }, view);
  return { extended, model, chunk: chunkMetadata(extended) };
};

/** The files of engines. If a genai_config.json was given, that one gets the new limits, and no other is written. */
const filesOfEngines = (
  { engines = [], file = "model.onnx", genaiConfig }: ExtendOptions,
  extended: Pick<ExtendedModel, "model" | "config" | "capacity">,
  attentionMatches: ReadExport["attentionMatches"],
): readonly EngineFile[] => {
  check(Array.isArray(engines), "engines must be a list", String(engines));
  const { model, config, capacity } = extended;
  const wanted = engines.filter((engine) => engine !== "onnxruntime-genai" || genaiConfig === undefined);
  return [...new Set(wanted)].map((engine) =>
    engineFile(engine, { graph: model.graph!, attentionMatches, file, config, capacity }),
  );
};

/** Says which rotary tables were not compared with config.json. */
const tableNotices = ({ unreadTables }: ReadExport): readonly string[] =>
  unreadTables.length === 0
    ? []
    : [
        `the rotary tables ${unreadTables.slice(0, 4).map(showName).join(", ")} lie in a file and were not compared with config.json, which is believed`,
      ];

const genaiNotices = ({ genaiConfig }: ExtendOptions, chunk: ChunkMetadata | undefined): readonly string[] =>
  chunk === undefined || genaiConfig === undefined
    ? []
    : ["genai_config.json is left out: ONNX Runtime GenAI does not keep the cache of generation"];

/** @throws RangeError and TypeError as `extendExport` */
export const extendModel = (options: ExtendOptions, model: ModelProto): ExtendedModel => {
  const { extension, replace = false, runtime = "portable", tables = [] } = options;
  checkAttentions(options.attentions);
  check(typeof replace === "boolean", "replace must be true or false", replace);
  const exported = readExport({ config: jsonObject("config.json", options.config), replace, tables }, model);
  const { config, metadata, attentionMatches, context, places } = exported;
  checkPositions(extension, context);
  const { extended, chunk, ...rewritten } = byRuntime<Rewritten>(runtime, {
    portable: () => extendPortable(options, exported),
    ropewalk: () => extendForGeneration(options, exported),
  });
  const { trainedContext } = context;
  const slidingWindow = metadata ? metadata.slidingWindow : (countOf(config, "sliding_window") ?? null);
  const newModel = withMetadata(
    {
      version: 2,
      ...extensionMetadata(extension),
      trainedContext,
      slidingWindow,
      sites: attentionMatches,
      ...(chunk && { chunk }),
    },
    rewritten.model,
  );

  const capacity = Math.min(extended.capacity, maxTokens);
  const limits: NewLimits = {
    capacity,
    // If only some layers slide, they keep their window.
    slidingWindow: extension.positions === undefined || slideInPart(attentionMatches) ? slidingWindow : null,
    ...(chunk && { ropewalk: { trainedContext, extension: recordOf(extension) } }),
  };
  const genai = chunk ? undefined : options.genaiConfig;
  const newConfig = extendedConfig(config, limits);
  const engineFiles = filesOfEngines(options, { model: newModel, config: newConfig, capacity }, attentionMatches);
  const facts = { trainedContext, headDim: attentionMatches[0]!.headDim };
  return {
    model: newModel,
    config: newConfig,
    engineFiles: Object.fromEntries(engineFiles.map(({ file, content }) => [file, content])),
    genaiConfig: genai === undefined ? undefined : extendedGenaiConfig(jsonObject("genai_config.json", genai), limits),
    capacity,
    trainedContext,
    numLayers: attentionMatches.length,
    dataFiles: [...new Set(places.map(({ location }) => location))],
    notices: [
      ...extended.notices,
      ...tableNotices(exported),
      ...layerNotices(exported.configContext, context.attention, facts),
      ...genaiNotices(options, chunk),
      ...engineFiles.flatMap(({ notice = [] }) => notice),
    ],
    places,
  };
};
