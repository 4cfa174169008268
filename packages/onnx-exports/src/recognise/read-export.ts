/** An export as it is understood before anything is put on it: its layers' attention, its trained context, its data files. */
import type { Budget, ModelProto } from "@ropewalk/graph";
import type { Context } from "@ropewalk/models";
import { countOf, withOwnWindows, type Json } from "../config/config-files.ts";
import { check, refuse } from "../errors.ts";
import { checkMade, checkMadeOnce, checkNoCircle } from "../graph/check-graph.ts";
import { viewExport, type ExportView } from "../graph/export-view.ts";
import { dataPlaces, type DataPlace } from "../graph/external-data.ts";
import { describeExtension, readMetadata, type RopewalkMetadata } from "../metadata/metadata.ts";
import type { AttentionMatch } from "./attention-match.ts";
import { contextOf, type ExportContext } from "./export-context.ts";
import { layerFacts } from "./layer-facts.ts";
import { recogniseAttention } from "./recognise-attention.ts";
import { unreadTables, type TableRows } from "./rotation/table-rows.ts";

export type ReadExport = {
  readonly view: ExportView;
  /** Absent if the model was not rewritten before. */
  readonly metadata: RopewalkMetadata | undefined;
  readonly attentionMatches: readonly AttentionMatch[];
  readonly context: ExportContext;
  /** config.json as it was before an extension turned windows off. */
  readonly config: Json;
  /** The context that this config.json states. */
  readonly configContext: Context;
  readonly places: readonly DataPlace[];
  /** The names of rotary tables in files whose rows were not given: these were not compared with config.json. */
  readonly unreadTables: readonly string[];
};

export type ReadOptions = {
  /** The parsed config.json. */
  readonly config: Json;
  /** Whether a model that was extended before is accepted. */
  readonly replace: boolean;
  /** Rows of the rotary tables that lie in files. */
  readonly tables: readonly TableRows[];
};

const checkOpset = ({ opsetImport }: ModelProto): void => {
  const version = opsetImport.find(({ domain }) => (domain ?? "") === "" || domain === "ai.onnx")?.version;
  check(version !== undefined && version >= 13n, "the opset must be 13 or later", version ?? "none");
};

/**
 * The budget for running parts of a graph until all layers are understood: some dozens of nodes for each layer, on a few tokens
 * of all heads. It is counted from the sizes in config.json, so a graph cannot raise its own budget.
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
    const { config, tables } = options;
    const attentionMatches = recogniseAttention(view, layerFacts(config, tables));
    return { attentionMatches, unreadTables: unreadTables(view.graph, tables) };
  }
  if (!options.replace)
    refuse(`a model must not be extended twice (replace: true), got one with ${describeExtension(metadata)}`);
  return { attentionMatches: metadata.sites, unreadTables: [] };
};

/**
 * Reads a decoded export.
 *
 * @throws RangeError that names the node and what was not understood; TypeError for values of a wrong type
 */
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
