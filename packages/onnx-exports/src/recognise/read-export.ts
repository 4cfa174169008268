/** What a model and its config.json say together, before anything is put on the model. */
import { extendedKind, type AttentionKind } from "@ropewalk/context-extension";
import type { DecoderSizes } from "@ropewalk/decoder";
import { valueOfInfo, type Budget, type ModelProto } from "@ropewalk/graph";
import type { Context } from "@ropewalk/models";
import { countOf, headDimOf, neededCount, withOwnWindows, type Json } from "../config/config-files.ts";
import { checkNumLayers, layersIn, ropeOfLayer, widestWindow } from "../config/config-layers.ts";
import { check, refuse } from "../errors.ts";
import { checkMade, checkMadeOnce, checkNoCircle } from "../graph/check-graph.ts";
import { viewExport, type ExportView } from "../graph/export-view.ts";
import { dataPlaces, type DataPlace } from "../graph/external-data.ts";
import { describeExtension, readMetadata, type RopewalkMetadata } from "../metadata/metadata.ts";
import type { AttentionMatch } from "./attention-match.ts";
import type { LayerFacts } from "./forms/form.ts";
import { recogniseAttention } from "./recognise-attention.ts";
import { unreadTables } from "./rotation/check-tables.ts";
import type { TableRows } from "./rotation/table-rows.ts";

/** The window that a model was trained on, and how each of its layers attends. */
export type ExportContext = Omit<Context, "attention"> & { readonly attention: readonly AttentionKind[] };

export type ReadExport = {
  readonly view: ExportView;
  /** Absent if the model was not rewritten before. */
  readonly metadata: RopewalkMetadata | undefined;
  readonly attentionMatches: readonly AttentionMatch[];
  readonly context: ExportContext;
  /** config.json as it was before an extension turned windows off. */
  readonly config: Json;
  /** What that config.json says of windows and layers. */
  readonly configContext: Context;
  readonly places: readonly DataPlace[];
  /** Rotary tables in files whose rows are not at hand: they were not compared with config.json. */
  readonly unreadTables: readonly string[];
};

export type ReadOptions = {
  /** The parsed config.json. */
  readonly config: Json;
  /** Whether a model that was extended before is accepted. */
  readonly replace: boolean;
  /** Rows of rotary tables that lie in files. */
  readonly tables: readonly TableRows[];
};

const checkOpset = ({ opsetImport }: ModelProto): void => {
  const version = opsetImport.find(({ domain }) => (domain ?? "") === "" || domain === "ai.onnx")?.version;
  check(version !== undefined && version >= 13n, "the opset must be 13 or later", version ?? "none");
};

/** What config.json says of a layer. */
const factsOf = ({ config, tables }: ReadOptions): ((layer: number) => LayerFacts) => {
  const numHeads = () => neededCount(config, "num_attention_heads");
  const stated = layersIn(config);
  return (layer) => ({
    layer,
    numHeads,
    numKvHeads: () => countOf(config, "num_key_value_heads") ?? numHeads(),
    headDim: () => headDimOf(config),
    rope: (headDim, share) => ropeOfLayer(stated(headDim, share), layer),
    trainedContext: countOf(config, "max_position_embeddings"),
    slidingWindow: () => widestWindow(stated(headDimOf(config))),
    tables,
  });
};

/**
 * The budget for running parts of a graph until all of it is understood: some dozens of nodes a layer, over a few tokens of all
 * heads. config.json gives the number of layers and their sizes, so a graph cannot raise its own budget.
 */
const budgetFor = (config: Json): Budget => {
  const count = (key: string, most: number): number => Math.min(most, countOf(config, key) ?? most);
  const window = countOf(config, "sliding_window") ?? 0;
  const slides = window < (countOf(config, "max_position_embeddings") ?? 0);
  // A window shows in a mask that is longer than the window, and each layer may make its own mask.
  const mask = slides ? 512 * Math.min(2 ** 18, window) : 0;
  const layer = 2 ** 17 + 512 * count("hidden_size", 2 ** 13) + mask;
  return { maxElements: 2 ** 22, work: 2 ** 24 + count("num_hidden_layers", 128) * layer };
};

/** The attention of each layer: from the metadata of a model that was extended before, or from the nodes of an export. */
const attentionMatchesOf = (
  view: ExportView,
  metadata: RopewalkMetadata | undefined,
  options: ReadOptions,
): Pick<ReadExport, "attentionMatches" | "unreadTables"> => {
  if (metadata?.chunk)
    refuse(
      "a model must be an export or one that was extended for any runtime, got one that takes a cache of generation's",
    );
  if (metadata === undefined) {
    const attentionMatches = recogniseAttention(view, factsOf(options));
    return { attentionMatches, unreadTables: unreadTables(view) };
  }
  if (!options.replace)
    refuse(`a model must not be extended twice (replace: true), got one with ${describeExtension(metadata)}`);
  return { attentionMatches: metadata.sites, unreadTables: [] };
};

/** The window that all layers slide in; undefined if a layer sees everything. */
const commonWindow = (attentionMatches: readonly AttentionMatch[]): number | undefined =>
  attentionMatches.every(({ window }) => window !== undefined)
    ? Math.max(...attentionMatches.map(({ window }) => window!))
    : undefined;

/** Whether some layers slide and others do not: the others had the distances of the whole context in training. */
export const slideInPart = (attentionMatches: readonly AttentionMatch[]): boolean =>
  commonWindow(attentionMatches) === undefined && attentionMatches.some(({ window }) => window !== undefined);

/** The trained window. A config that is not known layer by layer may count it from a window that only some layers have. */
const trainedContextOf = (
  { trainedContext, contextLimit: limit }: Context,
  attentionMatches: readonly AttentionMatch[],
): Pick<Context, "trainedContext" | "contextLimit"> =>
  limit?.by === "sliding_window" && slideInPart(attentionMatches)
    ? { trainedContext: limit.stated }
    : { trainedContext, ...(limit && { contextLimit: limit }) };

/** The window of a layer. If other layers see everything, a window beyond the whole context is none, as in a config. */
const windowOf = ({ window }: AttentionMatch, trainedContext: number, inPart: boolean): number | undefined =>
  window !== undefined && inPart && window > trainedContext ? undefined : window;

/** How a layer attends, with the rotation and the window that config.json and the graph give it. */
const kindOf = (
  { scale, softcap, headDim, layout }: AttentionMatch,
  rope: AttentionKind["rope"],
  slidingWindow: number | undefined,
): AttentionKind => ({
  rope: rope && { ...rope, layout },
  slidingWindow,
  // As exact as the float32 that an export states its scale in.
  ...(Math.abs(scale * Math.sqrt(headDim) - 1) < 1e-6 ? {} : { scoreScale: scale }),
  ...(softcap === 0 ? {} : { softcap }),
});

const contextOf = (
  config: Json,
  metadata: RopewalkMetadata | undefined,
  attentionMatches: readonly AttentionMatch[],
): Pick<ReadExport, "context" | "configContext"> => {
  const { headDim } = attentionMatches[0]!;
  const rotaryDim = attentionMatches.find((each) => each.rotaryDim > 0)?.rotaryDim ?? headDim;
  const read = layersIn(metadata ? { ...config, max_position_embeddings: metadata.trainedContext } : config);
  const configContext = read(headDim, rotaryDim / headDim);
  checkNumLayers(configContext, attentionMatches.length);
  const trained = trainedContextOf(configContext, attentionMatches);
  const inPart = slideInPart(attentionMatches);
  const attention = attentionMatches.map((attentionMatch, layer) => {
    const rope = ropeOfLayer(configContext, layer);
    if (attentionMatch.headDim !== headDim || attentionMatch.rotaryDim !== (rope?.rotaryDim ?? 0))
      refuse(
        `node "${attentionMatch.node}" must rotate ${rope?.rotaryDim ?? 0} of ${headDim} dimensions, as config.json says, got ` +
          `${attentionMatch.rotaryDim} of ${attentionMatch.headDim}`,
      );
    return kindOf(attentionMatch, rope, windowOf(attentionMatch, trained.trainedContext, inPart));
  });
  const rope = extendedKind(attention)?.rope ?? attention.find((kind) => kind.rope)?.rope ?? configContext.rope;
  return { configContext, context: { ...trained, rope, slidingWindow: commonWindow(attentionMatches), attention } };
};

/** @throws RangeError that names the node and what was not understood, or TypeError */
export const readExport = (options: ReadOptions, model: ModelProto): ReadExport => {
  const graph = model.graph!;
  checkOpset(model);
  checkNoCircle(graph);
  checkMade(graph);
  checkMadeOnce(graph);
  const places = dataPlaces(model);
  const metadata = readMetadata(model);
  const config = metadata ? withOwnWindows(options.config, metadata.slidingWindow) : options.config;
  const view = metadata ? viewExport(model) : viewExport(model, budgetFor(config));
  const recognised = attentionMatchesOf(view, metadata, { ...options, config });
  return {
    view,
    metadata,
    config,
    places,
    ...recognised,
    ...contextOf(config, metadata, recognised.attentionMatches),
  };
};

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * The sizes of the decoder.
 *
 * @throws RangeError when its layers have different heads
 */
export const decoderSizesOf = ({ config, view, attentionMatches, context }: ReadExport): DecoderSizes => {
  const { numHeads, numKvHeads, headDim } = attentionMatches[0]!;
  for (const size of ["numHeads", "numKvHeads", "headDim"] as const) {
    const other = attentionMatches.find((each) => each[size] !== attentionMatches[0]![size]);
    if (other)
      refuse(
        `node "${other.node}" must have the ${size} ${attentionMatches[0]![size]} of the layers before, got ${other[size]}`,
      );
  }
  const logits = view.graph.output.find(({ name }) => name === "logits");
  const stated = logits && valueOfInfo(logits).dims?.at(-1);
  const { attention, ...others } = context;
  const common: AttentionKind = { rope: context.rope, slidingWindow: context.slidingWindow };
  return {
    numLayers: attentionMatches.length,
    numHeads,
    numKvHeads,
    headDim,
    vocabSize: typeof stated === "number" ? stated : neededCount(config, "vocab_size"),
    ...others,
    ...(attention.every((kind) => isSame(kind, common)) ? {} : { attention }),
  };
};
