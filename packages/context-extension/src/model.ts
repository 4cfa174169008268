/** The numbers of a model to which an extension is applied: its context, its rotation and its layers. */
import type { RopeScaling, RotaryLayout } from "@ropewalk/rope";
import type { MappingConfig } from "./mapping-config.ts";

/** How a checkpoint rotates queries and keys. */
export type DecoderRope = {
  readonly theta: number;
  /** How many of the headDim dimensions rotate; even. */
  readonly rotaryDim: number;
  readonly layout: RotaryLayout;
  readonly scaling: RopeScaling;
};

/** A limit of the trained context below the number of positions that the config states: attention met no longer distances in training. */
export type ContextLimit = {
  /** The key of the config that sets the limit. */
  readonly by: "sliding_window" | "dual_chunk_attention_config";
  /** The limit. */
  readonly tokens: number;
  /** The positions that the config states. */
  readonly stated: number;
};

/** The positions with which a checkpoint should be run, by its config. They are applied only if the caller asks for them. */
export type StatedPositions = {
  /** The key of the config that states them. */
  readonly by: "dual_chunk_attention_config";
  readonly positions: MappingConfig;
  /** The longest input, in tokens, that the config states. */
  readonly tokens: number;
};

/** A model's trained context and its rotation: enough to apply an extension. */
export type ModelContext = {
  /** The length of training inputs, in tokens: attention never met longer distances. */
  readonly trainedContext: number;
  /** Why `trainedContext` is less than the positions that the config states; absent if it is not less. */
  readonly contextLimit?: ContextLimit;
  readonly statedPositions?: StatedPositions;
  /** The rotation of all layers or, if layers differ, of the layers whose positions an extension sets. */
  readonly rope: DecoderRope;
  /**
   * How many of the last keys a query of these layers sees, in tokens; undefined: all keys. Off if an extension sets the positions.
   */
  readonly slidingWindow: number | undefined;
};

/** How a layer attends. */
export type AttentionKind = {
  /** undefined: queries and keys are not rotated. */
  readonly rope: DecoderRope | undefined;
  /** How many of the last keys a query sees, in tokens; undefined: all keys. */
  readonly slidingWindow: number | undefined;
  /** The factor of the products of queries and keys. Absent: 1 / sqrt(headDim). */
  readonly scoreScale?: number;
  /** The bound c of scores c tanh(score / c); Gemma 2, arXiv 2408.00118, section 2. Absent: scores are not bounded. */
  readonly softcap?: number;
};

/** A model's context with its layers. */
export type ModelLayers = ModelContext & {
  readonly numLayers: number;
  readonly headDim: number;
  /** How each layer attends. Absent: all alike, by `rope` and `slidingWindow`. */
  readonly attention?: readonly AttentionKind[];
};
