/** What a model's bytes and its config say, before anything is put on it. */
import { extendedKind, type AttentionKind } from "@ropewalk/context-extension";
import type { DecoderSizes } from "@ropewalk/decoder";
import { valueOfInfo, type Budget, type ModelProto } from "@ropewalk/graph";
import type { Context } from "@ropewalk/models";
import { check, refuse } from "../errors.ts";
import { countOf, headDimOf, neededCount, withOwnWindows, type Json } from "../config/config-files.ts";
import { checkNumLayers, layersIn, ropeOfLayer, widestWindow } from "../config/config-layers.ts";
import { dataPlaces, type DataPlace } from "../graph/external-data.ts";
import { viewGraph } from "../graph/graph-view.ts";
import { inWords, readMark, type Mark } from "../metadata/metadata.ts";
import type { ModelFacts } from "./forms/form.ts";
import { recogniseSites } from "./recognise-attention.ts";
import { unreadTables } from "./rotation/check-tables.ts";
import type { TableRows } from "./rotation/table-rows.ts";
import type { AttentionSite } from "./attention-match.ts";
import { checkMade, sortNodes } from "../graph/topology.ts";

/** The window that a model was made with, and how each of its layers attends. */
export type Known = Omit<Context, "attention"> & { readonly attention: readonly AttentionKind[] };

export type ReadExport = {
  readonly proto: ModelProto;
  readonly mark: Mark | undefined;
  readonly sites: readonly AttentionSite[];
  readonly known: Known;
  /** config.json as it was before an extension turned windows off. */
  readonly config: Json;
  /** What that says of the layers. */
  readonly stated: Context;
  readonly places: readonly DataPlace[];
  /** Rotary tables that lie in files and were not given: what config.json says of the rotation was not compared with them. */
  readonly unreadTables: readonly string[];
};

/** What is read besides the model's own bytes. */
export type Asked = {
  /** config.json. */
  readonly config: Json;
  /** Whether a model that was extended before is taken too. */
  readonly replace: boolean;
  /** Rows of rotary tables that lie in files. */
  readonly tables: readonly TableRows[];
};

const checkOpset = ({ opsetImport }: ModelProto): void => {
  const version = opsetImport.find(({ domain }) => (domain ?? "") === "" || domain === "ai.onnx")?.version;
  check(version !== undefined && version >= 13n, "the opset must be 13 or later", version ?? "none");
};

/** What config.json says of a layer. */
const factsOf = ({ config, tables }: Asked): ((layer: number) => ModelFacts) => {
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
 * What running parts of a graph may take until all of it is understood: some dozens of nodes a layer, over a few tokens of all
 * heads. A model says how many layers it has in config.json, so that its size is none of the graph's own saying.
 */
const budgetFor = (config: Json): Budget => {
  const count = (key: string, most: number): number => Math.min(most, countOf(config, key) ?? most);
  const window = countOf(config, "sliding_window") ?? 0;
  const slides = window < (countOf(config, "max_position_embeddings") ?? 0);
  // A window shows in a mask that is longer than it; a layer may make its own.
  const mask = slides ? 512 * Math.min(2 ** 18, window) : 0;
  const layer = 2 ** 17 + 512 * count("hidden_size", 2 ** 13) + mask;
  return { maxElements: 2 ** 22, work: 2 ** 24 + count("num_hidden_layers", 128) * layer };
};

/** The sites of a model: as they were written down when it was extended before, or as its nodes show them. */
const sitesOf = (
  model: ModelProto,
  mark: Mark | undefined,
  asked: Asked,
): Pick<ReadExport, "sites" | "unreadTables"> => {
  if (mark?.chunk)
    refuse(
      "a model must be an export or one that was extended for any runtime, got one that takes a cache of generation's",
    );
  if (mark === undefined) {
    const view = viewGraph(model, budgetFor(asked.config));
    const sites = recogniseSites(view, factsOf(asked));
    return { sites, unreadTables: unreadTables(view) };
  }
  if (!asked.replace) refuse(`a model must not be extended twice (replace: true), got one with ${inWords(mark)}`);
  return { sites: mark.sites, unreadTables: [] };
};

/** The window that all layers slide in; undefined where one of them sees everything. */
const commonWindow = (sites: readonly AttentionSite[]): number | undefined =>
  sites.every(({ window }) => window !== undefined) ? Math.max(...sites.map(({ window }) => window!)) : undefined;

/** Whether some layers slide and others do not: then there are layers that had the distances of the whole context in training. */
export const slideInPart = (sites: readonly AttentionSite[]): boolean =>
  commonWindow(sites) === undefined && sites.some(({ window }) => window !== undefined);

/** The window that was trained on. A config that is not known layer by layer may count it from a window that some layers have. */
const contextOf = ({ trainedContext, contextLimit: limit }: Context, sites: readonly AttentionSite[]) =>
  limit?.by === "sliding_window" && slideInPart(sites)
    ? { trainedContext: limit.stated }
    : { trainedContext, ...(limit && { contextLimit: limit }) };

/** The window of a site. Beside layers that see everything, one that reaches beyond the whole context is none, as in a config. */
const windowOf = ({ window }: AttentionSite, trainedContext: number, inPart: boolean): number | undefined =>
  window !== undefined && inPart && window > trainedContext ? undefined : window;

/** How a site attends, with the rotation and the window of its layer. */
const kindOf = (
  { scale, softcap, headDim, layout }: AttentionSite,
  rope: AttentionKind["rope"],
  slidingWindow: number | undefined,
): AttentionKind => ({
  rope: rope && { ...rope, layout },
  slidingWindow,
  // As exact as the float32 that an export states its scale in.
  ...(Math.abs(scale * Math.sqrt(headDim) - 1) < 1e-6 ? {} : { scoreScale: scale }),
  ...(softcap === 0 ? {} : { softcap }),
});

const knownOf = (
  config: Json,
  mark: Mark | undefined,
  sites: readonly AttentionSite[],
): Pick<ReadExport, "known" | "stated"> => {
  const { headDim } = sites[0]!;
  const rotaryDim = sites.find((site) => site.rotaryDim > 0)?.rotaryDim ?? headDim;
  const read = layersIn(mark ? { ...config, max_position_embeddings: mark.trainedContext } : config);
  const stated = read(headDim, rotaryDim / headDim);
  checkNumLayers(stated, sites.length);
  const context = contextOf(stated, sites);
  const inPart = slideInPart(sites);
  const attention = sites.map((site, layer) => {
    const rope = ropeOfLayer(stated, layer);
    if (site.headDim !== headDim || site.rotaryDim !== (rope?.rotaryDim ?? 0))
      refuse(
        `node "${site.node}" must rotate ${rope?.rotaryDim ?? 0} of ${headDim} dimensions, as config.json says, got ` +
          `${site.rotaryDim} of ${site.headDim}`,
      );
    return kindOf(site, rope, windowOf(site, context.trainedContext, inPart));
  });
  const rope = extendedKind(attention)?.rope ?? attention.find((kind) => kind.rope)?.rope ?? stated.rope;
  return { stated, known: { ...context, rope, slidingWindow: commonWindow(sites), attention } };
};

/** @throws RangeError that names the node and what was not understood, or TypeError */
export const readExport = (asked: Asked, proto: ModelProto): ReadExport => {
  checkOpset(proto);
  sortNodes(proto.graph!.node);
  checkMade(proto.graph!);
  const places = dataPlaces(proto);
  const mark = readMark(proto);
  const config = mark ? withOwnWindows(asked.config, mark.slidingWindow) : asked.config;
  const { sites, unreadTables: unread } = sitesOf(proto, mark, { ...asked, config });
  return { proto, mark, sites, config, ...knownOf(config, mark, sites), places, unreadTables: unread };
};

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The sizes of the decoder, whose layers have heads alike. */
export const decoderSizesOf = ({ config, proto, sites, known }: ReadExport): DecoderSizes => {
  const { numHeads, numKvHeads, headDim } = sites[0]!;
  for (const [name, value] of Object.entries({ numHeads, numKvHeads, headDim })) {
    const other = sites.find((site) => site[name as "numHeads"] !== value);
    if (other)
      refuse(
        `node "${other.node}" must have the ${name} ${value} of the layers before, got ${other[name as "numHeads"]}`,
      );
  }
  const logits = proto.graph!.output.find(({ name }) => name === "logits");
  const stated = logits && valueOfInfo(logits).dims?.at(-1);
  const { attention, ...context } = known;
  const plain: AttentionKind = { rope: known.rope, slidingWindow: known.slidingWindow };
  return {
    ...{ numLayers: sites.length, numHeads, numKvHeads, headDim },
    vocabSize: typeof stated === "number" ? stated : neededCount(config, "vocab_size"),
    ...context,
    ...(attention.every((kind) => isSame(kind, plain)) ? {} : { attention }),
  };
};
