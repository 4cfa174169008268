/** A decoder that another tool exported, with an extension put on it: bytes in, bytes out. */
import { extendContext, type ContextExtension, type ExtendedContext } from "@ropewalk/decoder";
import { decode, encode, type ModelProto } from "@ropewalk/graph";
import { readRotation } from "@ropewalk/models";
import { dependsOnLength } from "@ropewalk/rope";
import { check, refuse } from "./check.ts";
import {
  countOf,
  extendedConfig,
  extendedGenaiConfig,
  headDimOf,
  jsonObject,
  neededCount,
  type Json,
  type NewLimits,
} from "./config-files.ts";
import { maxTokens } from "./emit/pages.ts";
import { attentionOutputs, type Attentions } from "./emit/weights.ts";
import { dataPlaces, type DataPlace } from "./external-data.ts";
import { viewGraph } from "./graph-view.ts";
import { describe, inWords, readMark, writeMark, type Mark } from "./metadata.ts";
import type { ModelFacts } from "./recognise/form.ts";
import { recogniseSites } from "./recognise/index.ts";
import { rewrite } from "./rewrite.ts";
import type { AttentionSite } from "./site.ts";
import { checkMade, sortNodes } from "./topology.ts";

export type ExtendOptions = {
  /** What to put on the model; `{}` rewrites the attention and extends nothing. */
  readonly extension: ContextExtension;
  /** The export's parsed config.json, as Hugging Face writes it. */
  readonly config: unknown;
  /** The parsed genai_config.json of ONNX Runtime GenAI, where there is one. */
  readonly genaiConfig?: unknown;
  /** Whether a model that was extended before gets this extension in place of its own. Absent: it is refused. */
  readonly replace?: boolean;
  /** Who keeps the cache: "portable", the caller, by the export's own inputs and outputs. */
  readonly runtime?: "portable";
  /**
   * What of its attention the model gives out, float32, layer by layer as `decoder_attentions.N`:
   *
   *   "maps"       the softmax weights, [batch, numHeads, queryLen, keys]
   *   "entropies"  the Shannon entropy of every query's weights in nats, [batch, numHeads, queryLen]
   *
   * Keys are past and new ones; under a bare window the last ones alone. Absent: nothing.
   */
  readonly attentions?: Attentions;
};

export type ExtendedExport = {
  /** The bytes of the new model.onnx. It refers to the same external data files as the old one. */
  readonly model: Uint8Array;
  /** config.json to go with it: `max_position_embeddings` is the capacity. */
  readonly config: Readonly<Record<string, unknown>>;
  /** genai_config.json to go with it, where one was given: `context_length` is the capacity. */
  readonly genaiConfig: Readonly<Record<string, unknown>> | undefined;
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
    attentions,
  );

const checkOpset = ({ opsetImport }: ModelProto): void => {
  const version = opsetImport.find(({ domain }) => (domain ?? "") === "" || domain === "ai.onnx")?.version;
  check(version !== undefined && version >= 13n, "the opset must be 13 or later", version ?? "none");
};

const factsOf = (config: Json): ModelFacts => {
  const numHeads = () => neededCount(config, "num_attention_heads");
  return {
    numHeads,
    numKvHeads: () => countOf(config, "num_key_value_heads") ?? numHeads(),
    headDim: () => headDimOf(config),
    rope: (headDim) => readRotation(config, { headDim }).rope,
    slidingWindow: countOf(config, "sliding_window"),
  };
};

/** The sites of a model: as they were written down when it was extended before, or as its nodes show them. */
const sitesOf = (
  model: ModelProto,
  mark: Mark | undefined,
  config: Json,
  replace: boolean,
): readonly AttentionSite[] => {
  if (mark === undefined) return recogniseSites(viewGraph(model), factsOf(config));
  if (!replace) refuse(`a model must not be extended twice (replace: true), got one with ${inWords(mark.extension)}`);
  return mark.sites;
};

/** The window that all layers slide in; undefined where one of them sees everything. */
const commonWindow = (sites: readonly AttentionSite[]): number | undefined =>
  sites.every(({ window }) => window !== undefined) ? Math.max(...sites.map(({ window }) => window!)) : undefined;

const readModel = (config: Json, mark: Mark | undefined, sites: readonly AttentionSite[]) => {
  const { headDim, rotaryDim } = sites[0]!;
  const stated = readRotation(mark ? { ...config, max_position_embeddings: mark.trainedContext } : config, {
    headDim,
    defaultShare: rotaryDim / headDim,
  });
  const other = sites.find((site) => site.headDim !== headDim || site.rotaryDim !== stated.rope.rotaryDim);
  if (other)
    refuse(
      `node "${other.node}" must rotate ${stated.rope.rotaryDim} of ${headDim} dimensions, as config.json says, got ` +
        `${other.rotaryDim} of ${other.headDim}`,
    );
  return { ...stated, slidingWindow: commonWindow(sites) };
};

/** Windows of some layers that an extension of all layers turns off; that of all of them has its notice already. */
const windowNotices = (sites: readonly AttentionSite[], { positions }: ContextExtension): readonly string[] => {
  const sliding = sites.filter(({ window }) => window !== undefined).length;
  return positions === undefined || sliding === 0 || sliding === sites.length
    ? []
    : [`the sliding windows of ${sliding} of ${sites.length} layers are off: ${positions.name} sets the positions`];
};

/** Positions that a cached key may not have: those that change with the length. */
const checkScaling = ({ scaling }: ExtendedContext): void =>
  check(
    !dependsOnLength(scaling),
    "frequencies must not depend on the length, since a cached key keeps its rotation; another rope scaling may be put in their place",
    scaling.kind,
  );

/** {@link extendExport}, with every place in a file that the model's weights lie in. */
export const extendModel = (
  options: ExtendOptions,
  model: Uint8Array,
): ExtendedExport & { readonly places: readonly DataPlace[] } => {
  const { extension, replace = false, runtime = "portable", attentions } = options;
  check(runtime === "portable", `runtime must be "portable"`, runtime);
  checkAttentions(attentions);
  const config = jsonObject("config.json", options.config);
  const proto = decode(model);
  checkOpset(proto);
  sortNodes(proto.graph!.node);
  checkMade(proto.graph!);
  const places = dataPlaces(proto);
  const mark = readMark(proto);
  const sites = sitesOf(proto, mark, config, replace);
  const known = readModel(config, mark, sites);
  const extended = extendContext(known, extension);
  checkScaling(extended);

  const ownPositions = extension.positions === undefined;
  rewrite({ sites, extended, theta: known.rope.theta, ownPositions, attentions }, proto);
  checkMade(proto.graph!);
  const { trainedContext } = known;
  const slidingWindow = mark ? mark.slidingWindow : (countOf(config, "sliding_window") ?? null);
  writeMark(proto, { version: 1, extension: describe(extension), trainedContext, slidingWindow, sites });

  const capacity = Math.min(extended.capacity, maxTokens);
  const limits: NewLimits = { capacity, slidingWindow: ownPositions ? slidingWindow : null };
  const { genaiConfig } = options;
  return {
    model: encode(proto),
    config: extendedConfig(config, limits),
    genaiConfig:
      genaiConfig === undefined ? undefined : extendedGenaiConfig(jsonObject("genai_config.json", genaiConfig), limits),
    capacity,
    trainedContext,
    numLayers: sites.length,
    dataFiles: [...new Set(places.map(({ location }) => location))],
    notices: [...extended.notices, ...windowNotices(sites, extension)],
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
export const extendExport = (options: ExtendOptions, model: Uint8Array): ExtendedExport => {
  const { places: _places, ...extended } = extendModel(options, model);
  return extended;
};
