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
import { inWords, readMetadata, type RopewalkMetadata } from "../metadata/metadata.ts";
import type { LayerFacts } from "./forms/form.ts";
import { recogniseAttention } from "./recognise-attention.ts";
import { unreadTables } from "./rotation/check-tables.ts";
import type { TableRows } from "./rotation/table-rows.ts";
import type { AttentionMatch } from "./attention-match.ts";
import { checkMade, sortNodes } from "../graph/topology.ts";

/** The window that a model was made with, and how each of its layers attends. */
export type Known = Omit<Context, "attention"> & { readonly attention: readonly AttentionKind[] };

export type ReadExport = {
  readonly proto: ModelProto;
  readonly metadata: RopewalkMetadata | undefined;
  readonly attentionMatches: readonly AttentionMatch[];
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
const factsOf = ({ config, tables }: Asked): ((layer: number) => LayerFacts) => {
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
const attentionMatchesOf = (
  model: ModelProto,
  metadata: RopewalkMetadata | undefined,
  asked: Asked,
): Pick<ReadExport, "attentionMatches" | "unreadTables"> => {
  if (metadata?.chunk)
    refuse(
      "a model must be an export or one that was extended for any runtime, got one that takes a cache of generation's",
    );
  if (metadata === undefined) {
    const view = viewGraph(model, budgetFor(asked.config));
    const attentionMatches = recogniseAttention(view, factsOf(asked));
    return { attentionMatches, unreadTables: unreadTables(view) };
  }
  if (!asked.replace) refuse(`a model must not be extended twice (replace: true), got one with ${inWords(metadata)}`);
  return { attentionMatches: metadata.sites, unreadTables: [] };
};

/** The window that all layers slide in; undefined where one of them sees everything. */
const commonWindow = (attentionMatches: readonly AttentionMatch[]): number | undefined =>
  attentionMatches.every(({ window }) => window !== undefined)
    ? Math.max(...attentionMatches.map(({ window }) => window!))
    : undefined;

/** Whether some layers slide and others do not: then there are layers that had the distances of the whole context in training. */
export const slideInPart = (attentionMatches: readonly AttentionMatch[]): boolean =>
  commonWindow(attentionMatches) === undefined && attentionMatches.some(({ window }) => window !== undefined);

/** The window that was trained on. A config that is not known layer by layer may count it from a window that some layers have. */
const contextOf = ({ trainedContext, contextLimit: limit }: Context, attentionMatches: readonly AttentionMatch[]) =>
  limit?.by === "sliding_window" && slideInPart(attentionMatches)
    ? { trainedContext: limit.stated }
    : { trainedContext, ...(limit && { contextLimit: limit }) };

/** The window of a site. Beside layers that see everything, one that reaches beyond the whole context is none, as in a config. */
const windowOf = ({ window }: AttentionMatch, trainedContext: number, inPart: boolean): number | undefined =>
  window !== undefined && inPart && window > trainedContext ? undefined : window;

/** How a site attends, with the rotation and the window of its layer. */
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

const knownOf = (
  config: Json,
  metadata: RopewalkMetadata | undefined,
  attentionMatches: readonly AttentionMatch[],
): Pick<ReadExport, "known" | "stated"> => {
  const { headDim } = attentionMatches[0]!;
  const rotaryDim = attentionMatches.find((attentionMatch) => attentionMatch.rotaryDim > 0)?.rotaryDim ?? headDim;
  const read = layersIn(metadata ? { ...config, max_position_embeddings: metadata.trainedContext } : config);
  const stated = read(headDim, rotaryDim / headDim);
  checkNumLayers(stated, attentionMatches.length);
  const context = contextOf(stated, attentionMatches);
  const inPart = slideInPart(attentionMatches);
  const attention = attentionMatches.map((attentionMatch, layer) => {
    const rope = ropeOfLayer(stated, layer);
    if (attentionMatch.headDim !== headDim || attentionMatch.rotaryDim !== (rope?.rotaryDim ?? 0))
      refuse(
        `node "${attentionMatch.node}" must rotate ${rope?.rotaryDim ?? 0} of ${headDim} dimensions, as config.json says, got ` +
          `${attentionMatch.rotaryDim} of ${attentionMatch.headDim}`,
      );
    return kindOf(attentionMatch, rope, windowOf(attentionMatch, context.trainedContext, inPart));
  });
  const rope = extendedKind(attention)?.rope ?? attention.find((kind) => kind.rope)?.rope ?? stated.rope;
  return { stated, known: { ...context, rope, slidingWindow: commonWindow(attentionMatches), attention } };
};

/** @throws RangeError that names the node and what was not understood, or TypeError */
export const readExport = (asked: Asked, proto: ModelProto): ReadExport => {
  checkOpset(proto);
  sortNodes(proto.graph!.node);
  checkMade(proto.graph!);
  const places = dataPlaces(proto);
  const metadata = readMetadata(proto);
  const config = metadata ? withOwnWindows(asked.config, metadata.slidingWindow) : asked.config;
  const { attentionMatches, unreadTables: unread } = attentionMatchesOf(proto, metadata, { ...asked, config });
  return {
    proto,
    metadata,
    attentionMatches,
    config,
    ...knownOf(config, metadata, attentionMatches),
    places,
    unreadTables: unread,
  };
};

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The sizes of the decoder, whose layers have heads alike. */
export const decoderSizesOf = ({ config, proto, attentionMatches, known }: ReadExport): DecoderSizes => {
  const { numHeads, numKvHeads, headDim } = attentionMatches[0]!;
  for (const [name, value] of Object.entries({ numHeads, numKvHeads, headDim })) {
    const other = attentionMatches.find((attentionMatch) => attentionMatch[name as "numHeads"] !== value);
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
    ...{ numLayers: attentionMatches.length, numHeads, numKvHeads, headDim },
    vocabSize: typeof stated === "number" ? stated : neededCount(config, "vocab_size"),
    ...context,
    ...(attention.every((kind) => isSame(kind, plain)) ? {} : { attention }),
  };
};
