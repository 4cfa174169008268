/** What is known of a model: what an extension is put on, and what depends on its layers. */
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

/** Where attention had fewer distances in training than a config states positions. */
export type ContextLimit = {
  /** The key of the config that says so. */
  readonly by: "sliding_window" | "dual_chunk_attention_config";
  /** What it says. */
  readonly tokens: number;
  /** The positions that the config states. */
  readonly stated: number;
};

/** Positions that a config says a checkpoint is to be run with. They are applied where they are asked for alone. */
export type StatedPositions = {
  /** The key of the config that says so. */
  readonly by: "dual_chunk_attention_config";
  readonly positions: MappingConfig;
  /** The longest input, in tokens, that the config states. */
  readonly tokens: number;
};

/** The window that a model knows, and how it rotates: enough to put an extension on it. */
export type ModelContext = {
  /** The window the model was trained on, in tokens: distances beyond it attention never had. */
  readonly trainedContext: number;
  /** Why `trainedContext` is less than the positions that the config states; absent where it is not. */
  readonly contextLimit?: ContextLimit;
  readonly statedPositions?: StatedPositions;
  /** The rotation of all layers, or where they differ, of those whose positions an extension sets. */
  readonly rope: DecoderRope;
  /**
   * How many keys back a query of these layers sees, in tokens; undefined: all of them. Off where an extension sets the positions.
   */
  readonly slidingWindow: number | undefined;
};

/** How a layer attends. */
export type AttentionKind = {
  /** undefined: queries and keys are not rotated. */
  readonly rope: DecoderRope | undefined;
  /** How many keys back a query sees, in tokens; undefined: all of them. */
  readonly slidingWindow: number | undefined;
  /** What products of queries and keys are multiplied by. Absent: 1 / sqrt(headDim). */
  readonly scoreScale?: number;
  /** The bound c of scores c tanh(score / c); Gemma 2, arXiv 2408.00118, section 2. Absent: scores have none. */
  readonly softcap?: number;
};

/** The same with its layers. */
export type ModelLayers = ModelContext & {
  readonly numLayers: number;
  readonly headDim: number;
  /** How each layer attends. Absent: all alike, by `rope` and `slidingWindow`. */
  readonly attention?: readonly AttentionKind[];
};
