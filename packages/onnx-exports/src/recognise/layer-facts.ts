/** Facts about each layer that its graph does not state, from config.json. */
import type { DecoderRope } from "@ropewalk/context-extension";
import { countOf, headDimOf, neededCount, type Json } from "../config/config-files.ts";
import { layersIn, ropeOfLayer, widestWindow } from "../config/config-layers.ts";
import type { TableRows } from "./rotation/table-rows.ts";

/** The facts about one layer. Each function throws a RangeError if the config does not state its fact. */
export type LayerFacts = {
  /** The layer's number, from 0. */
  readonly layer: number;
  readonly numHeads: () => number;
  readonly numKvHeads: () => number;
  readonly headDim: () => number;
  /**
   * The layer's rotation; undefined if it has none.
   *
   * @param share - the share of a head's dimensions that rotates if the config does not state one; absent: all
   */
  readonly rope: (headDim: number, share?: number) => DecoderRope | undefined;
  /** In tokens; undefined if the config does not state it. */
  readonly trainedContext: number | undefined;
  /** The widest window that any layer slides in. */
  readonly slidingWindow: () => number | undefined;
  /** The rows of rotary tables in files that were read. */
  readonly tables: readonly TableRows[];
};

/** The facts about every layer, by its number. */
export const layerFacts = (config: Json, tables: readonly TableRows[]): ((layer: number) => LayerFacts) => {
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
