/** A decoder that another tool exported, with an extension put on it: bytes in, bytes out. */
import {
  extendContext,
  extendGroups,
  extendedKind,
  recordOf,
  type ContextExtension,
  type ExtendedContext,
  type ExtendedGroup,
} from "@ropewalk/context-extension";
import { attentionOutputs, extendDecoder, type Attentions, type CachePrecision } from "@ropewalk/decoder";
import { decode, encode } from "@ropewalk/graph";
import { dependsOnLength } from "@ropewalk/rope";
import { match } from "ts-pattern";
import { checkKeys, showName, type Keys } from "@ropewalk/check";
import { checkExtension, checkTables } from "./check-options.ts";
import { check, inNameOf } from "./errors.ts";
import { putOnCache } from "./rewrite/for-generation/put-on-cache.ts";
import { countOf, extendedConfig, extendedGenaiConfig, jsonObject, type NewLimits } from "./config/config-files.ts";
import { layerNotices } from "./config/config-layers.ts";
import { maxTokens } from "./rewrite/portable/position-pages.ts";
import { engineFile, type Engine, type EngineFile } from "./engines/index.ts";
import type { DataPlace } from "./graph/external-data.ts";
import { describe, writeMetadata, type RopewalkMetadata } from "./metadata/metadata.ts";
import { decoderSizesOf, readExport, slideInPart, type ReadExport } from "./recognise/read-export.ts";
import { rewrite } from "./rewrite/portable/rewrite-portable.ts";
import { placesOfTables, type TablePlace, type TableRows } from "./recognise/rotation/table-rows.ts";
import { refuseRuntime, type Runtime } from "./rewrite/runtime.ts";
import { checkMade } from "./graph/topology.ts";

export type ExtendOptions = {
  /** What to put on the model; `{}` rewrites the attention and extends nothing. */
  readonly extension: ContextExtension;
  /** The export's parsed config.json, as Hugging Face writes it. */
  readonly config: unknown;
  /** The parsed genai_config.json of ONNX Runtime GenAI, where there is one. */
  readonly genaiConfig?: unknown;
  /** Whether a model that was extended before gets this extension in place of its own. Absent: it is refused. */
  readonly replace?: boolean;
  /**
   * Who keeps the cache. "portable": any runtime, by the export's own inputs and outputs. "ropewalk": `@ropewalk/generation`, in
   * place; the graph takes a chunk and gives new keys and values only. Absent: "portable".
   */
  readonly runtime?: Runtime;
  /** How generation keeps settled keys and values, in a format that is for exports; for `runtime: "ropewalk"`. Absent: "float32". */
  readonly cache?: CachePrecision;
  /**
   * What of its attention the model gives out, float32, layer by layer as `decoder_attentions.N`:
   *
   *   "maps"       the softmax weights, [batch, numHeads, queryLen, keys]
   *   "entropies"  the Shannon entropy of every query's weights in nats, [batch, numHeads, queryLen]
   *
   * Keys are past and new ones; under a bare window the last ones alone. For `runtime: "portable"`. Absent: nothing.
   */
  readonly attentions?: Attentions;
  /**
   * Rows of rotary tables that lie in files beside the model, those that `tablePlaces` names, to compare with what config.json
   * says of the rotation. Absent: tables in files are not compared, and a notice says so.
   */
  readonly tables?: readonly TableRows[];
  /**
   * Engines that are to run the portable model, of which each needs a file beside it: "onnxruntime-genai" genai_config.json, where
   * none was given, "triton" config.pbtxt. Absent: none.
   */
  readonly engines?: readonly Engine[];
  /** Where the model lies in its folder, for the files of engines. Absent: "model.onnx". */
  readonly file?: string;
};

const optionKeys: Keys<ExtendOptions> = {
  extension: true,
  config: true,
  genaiConfig: true,
  replace: true,
  runtime: true,
  cache: true,
  attentions: true,
  tables: true,
  engines: true,
  file: true,
};

export type ExtendedExport = {
  /** The bytes of the new model.onnx. It refers to the same external data files as the old one. */
  readonly model: Uint8Array;
  /** config.json to go with it: `max_position_embeddings` is the capacity. */
  readonly config: Readonly<Record<string, unknown>>;
  /**
   * genai_config.json to go with it, where one was given: `context_length` is the capacity. None for `runtime: "ropewalk"`,
   * which ONNX Runtime GenAI cannot run.
   */
  readonly genaiConfig: Readonly<Record<string, unknown>> | undefined;
  /** The files of the engines that were asked for, by their names. */
  readonly engineFiles: Readonly<Record<string, string>>;
  /** The longest input in tokens that the model can be given. */
  readonly capacity: number;
  /** The window the export was trained on, in tokens. */
  readonly trainedContext: number;
  /** How many layers were rewritten. */
  readonly numLayers: number;
  /** Files that hold its weights, relative to the model's folder. */
  readonly dataFiles: readonly string[];
  /** What changed beyond what was asked for, in words: a program should say it. */
  readonly notices: readonly string[];
};

const checkAttentions = (attentions: Attentions | undefined): void =>
  check(
    attentions === undefined || attentionOutputs.includes(attentions),
    `attentions must be one of ${attentionOutputs.join(", ")}`,
    String(attentions),
  );

/** What was taken on trust. */
const tableNotices = ({ unreadTables }: ReadExport): readonly string[] =>
  unreadTables.length === 0
    ? []
    : [
        `the rotary tables ${unreadTables.slice(0, 4).map(showName).join(", ")} lie in a file and were not compared with config.json, which is believed`,
      ];

/** The files of engines; a genai_config.json that was given is the export's own, with the new limits. */
const filesOfEngines = (
  { engines = [], file = "model.onnx", genaiConfig: given }: ExtendOptions,
  { proto, attentionMatches }: ReadExport,
  made: Pick<ExtendedExport, "config" | "capacity">,
): readonly EngineFile[] => {
  check(Array.isArray(engines), "engines must be a list", String(engines));
  const wanted = engines.filter((engine) => engine !== "onnxruntime-genai" || given === undefined);
  return [...new Set(wanted)].map((engine) =>
    engineFile(engine, { graph: proto.graph!, attentionMatches, file, ...made }),
  );
};

/** A config that does not go with the new model. */
const genaiNotices = ({ genaiConfig }: ExtendOptions, chunk: RopewalkMetadata["chunk"]): readonly string[] =>
  chunk === undefined || genaiConfig === undefined
    ? []
    : ["genai_config.json is left out: ONNX Runtime GenAI does not keep the cache of generation"];

/** Positions are for layers that rotate and attend to everything, or to a window where all of them do. */
const checkTaken = ({ positions }: ContextExtension, { attention }: ReadExport["known"]): void =>
  check(
    positions === undefined || extendedKind(attention) !== undefined,
    "a model must have a layer that attends to everything and rotates, for an extension to set its positions",
    `none in ${attention.length} layers, and ${positions?.name}`,
  );

/** Positions that a cached key may not have: those that change with the length. */
const checkScaling = ({ rope }: ExtendedGroup): void =>
  check(
    rope === undefined || !dependsOnLength(rope.scaling),
    "frequencies must not depend on the length, since a cached key keeps its rotation; another rope scaling may be put in their place",
    rope?.scaling.kind,
  );

type Put = { readonly extended: ExtendedContext; readonly chunk?: RopewalkMetadata["chunk"] };

/** For a caller who keeps the cache. */
const putPortable = (
  { extension, cache, attentions }: ExtendOptions,
  { proto, attentionMatches, known }: ReadExport,
): Put => {
  check(cache === undefined, `cache must be absent for runtime "portable", where the caller keeps it`, cache);
  const extended = extendContext(known, extension);
  const groups = extendGroups(
    { ...known, numLayers: attentionMatches.length, headDim: attentionMatches[0]!.headDim },
    extension,
  );
  groups.forEach(checkScaling);
  rewrite({ attentionMatches, groups, attentions }, proto);
  return { extended };
};

/** For `@ropewalk/generation`. */
const putForGeneration = ({ extension, cache, attentions, engines = [] }: ExtendOptions, read: ReadExport): Put => {
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
  const extended = extendDecoder(decoderSizesOf(read), extension, cache === undefined ? {} : { cache });
  return { extended, chunk: putOnCache({ extended, operators: "all" }, read) };
};

/** {@link extendExport}, with every place in a file that the model's weights lie in. */
export const extendModel = (
  options: ExtendOptions,
  model: Uint8Array,
): ExtendedExport & { readonly places: readonly DataPlace[] } => {
  const { extension, replace = false, runtime = "portable", tables = [] } = options;
  checkAttentions(options.attentions);
  check(typeof replace === "boolean", "replace must be true or false", replace);
  const read = readExport({ config: jsonObject("config.json", options.config), replace, tables }, decode(model));
  const { proto, config, metadata, attentionMatches, known, places } = read;
  checkTaken(extension, known);
  const { extended, chunk } = match(runtime)
    .returnType<Put>()
    .with("portable", () => putPortable(options, read))
    .with("ropewalk", () => putForGeneration(options, read))
    .exhaustive(refuseRuntime);
  checkMade(proto.graph!);
  const { trainedContext } = known;
  const slidingWindow = metadata ? metadata.slidingWindow : (countOf(config, "sliding_window") ?? null);
  writeMetadata(proto, {
    ...{ version: 2, ...describe(extension), trainedContext, slidingWindow, sites: attentionMatches },
    ...(chunk && { chunk }),
  });

  const capacity = Math.min(extended.capacity, maxTokens);
  const limits: NewLimits = {
    capacity,
    // Where some layers slide and others do not, those that slide keep their window.
    slidingWindow: extension.positions === undefined || slideInPart(attentionMatches) ? slidingWindow : null,
    ...(chunk && { ropewalk: { trainedContext, extension: recordOf(extension) } }),
  };
  const genai = chunk ? undefined : options.genaiConfig;
  const newConfig = extendedConfig(config, limits);
  const engineFiles = filesOfEngines(options, read, { config: newConfig, capacity });
  return {
    model: encode(proto),
    config: newConfig,
    engineFiles: Object.fromEntries(engineFiles.map((made) => [made.file, made.content])),
    genaiConfig: genai === undefined ? undefined : extendedGenaiConfig(jsonObject("genai_config.json", genai), limits),
    capacity,
    trainedContext,
    numLayers: attentionMatches.length,
    dataFiles: [...new Set(places.map(({ location }) => location))],
    notices: [
      ...extended.notices,
      ...tableNotices(read),
      ...layerNotices(read.stated, known.attention, { trainedContext, headDim: attentionMatches[0]!.headDim }),
      ...genaiNotices(options, chunk),
      ...engineFiles.flatMap(({ notice = [] }) => notice),
    ],
    places,
  };
};

/**
 * Puts an extension on an exported decoder.
 *
 * @param model - the bytes of model.onnx; data in external files is referred to and not read
 * @throws RangeError that names the node and what was not understood, when the bytes are no model, the model is no decoder
 *   of a known form, or was extended before; when the extension's numbers do not fit; TypeError for values of a wrong type
 */
export const extendExport = (options: ExtendOptions, model: Uint8Array): ExtendedExport =>
  inNameOf("extendExport", () => {
    checkKeys("extendExport", "options", options, optionKeys);
    checkExtension("extendExport", options.extension);
    checkTables("extendExport", options.tables);
    const { places: _places, ...extended } = extendModel(options, model);
    return extended;
  });

/**
 * Which bytes of files beside a model its rotary tables are told by, some kilobytes: to be read, and given to `extendExport`.
 *
 * @throws RangeError when the bytes are no model, or a table lies outside of the model's folder
 */
export const tablePlaces = (model: Uint8Array): readonly TablePlace[] =>
  inNameOf("tablePlaces", () => placesOfTables(decode(model)));
