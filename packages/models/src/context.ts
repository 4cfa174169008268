/**
 * What a config states of positions: the rotation, the window that attention slides in, and the window that was trained on,
 *
 *     trainedContext = min(max_position_embeddings, sliding window, original window of dual chunk attention)
 *
 * Positions beyond a sliding window, or beyond the chunks of dual chunk attention, are in no pair of a query and a key that
 * the model has seen. An original window under a rope scaling is another thing: a checkpoint released with one was tuned with
 * it up to max_position_embeddings, and the original window is a number in its frequencies. (`dynamic` was not tuned, and
 * there max_position_embeddings is the original window itself.)
 */
import { check } from "@ropewalk/check";
import type { DecoderSizes } from "@ropewalk/decoder";
import { objectOf, optionalPositiveInteger, positiveInteger, type ConfigObject } from "./config-object.ts";
import { readRope } from "./rope-config.ts";

/** How a family's config states positions, where families differ. */
export type ContextRules = {
  /** Names of rope types that are the family's own, each with the general one. */
  readonly ropeTypes?: Readonly<Record<string, string>>;
  /** The share of a head's dimensions that rotates where partial_rotary_factor is absent. Absent: 1. */
  readonly rotaryShare?: number;
  /** max_position_embeddings where the config says nothing. Absent: it must. */
  readonly defaultPositions?: number;
  /** How many keys back a query sees in all layers; undefined: all. Absent: attention never slides. */
  readonly slidingWindow?: (config: ConfigObject) => number | undefined;
};

export type Context = Pick<DecoderSizes, "rope" | "trainedContext" | "slidingWindow" | "contextLimit">;

/** The window that positions of dual chunk attention lie in: it folds longer distances back into it. */
const dualChunkWindow = (config: ConfigObject): number | undefined => {
  const stated = objectOf(config, "dual_chunk_attention_config");
  if (stated === undefined) return undefined;
  const window =
    optionalPositiveInteger(stated, "original_max_position_embeddings") ??
    optionalPositiveInteger(stated, "chunk_size");
  check(
    window !== undefined,
    `${stated.at}: original_max_position_embeddings must be a positive integer`,
    window,
    "number",
  );
  return window;
};

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readContext = (config: ConfigObject, rules: ContextRules, headDim: number): Context => {
  const stated =
    optionalPositiveInteger(config, "max_position_embeddings") ??
    rules.defaultPositions ??
    positiveInteger(config, "max_position_embeddings");
  const window = rules.slidingWindow?.(config);
  const limits = [
    { by: "sliding_window" as const, tokens: window ?? Infinity },
    { by: "dual_chunk_attention_config" as const, tokens: dualChunkWindow(config) ?? Infinity },
  ];
  const limit = limits.reduce((a, b) => (b.tokens < a.tokens ? b : a));
  const isLimited = limit.tokens < stated;
  return {
    rope: readRope(config, { headDim, maxPositions: stated, ...rules }),
    trainedContext: isLimited ? limit.tokens : stated,
    // A window that reaches over the whole context keeps nothing from being seen.
    slidingWindow: window !== undefined && window < stated ? window : undefined,
    ...(isLimited ? { contextLimit: { ...limit, stated } } : {}),
  };
};
