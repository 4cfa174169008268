/**
 * What a config states about positions: the rotation, the sliding window, and the window that was trained on,
 *
 *     trainedContext = min(max_position_embeddings, sliding window, original window of dual chunk attention)
 *
 * In training no query saw a key farther away than a sliding window, or than the chunks of dual chunk attention reach. The original window of
 * a rope scaling does not count: a checkpoint released with a scaling was tuned with it up to max_position_embeddings, and the original
 * window is only a number in its frequencies. (`dynamic` was not tuned: there max_position_embeddings is the original window itself.)
 */
import { check } from "@ropewalk/check";
import { extendedKind, type AttentionKind, type DecoderRope, type StatedPositions } from "@ropewalk/context-extension";
import type { DecoderSizes } from "@ropewalk/decoder";
import {
  objectOf,
  optionalPositiveInteger,
  placeOf,
  positiveInteger,
  states,
  type ConfigObject,
} from "./config-object.ts";
import { checkLayerTypes, layersOf, type LayerRule } from "./layer-types.ts";
import { readRope, type RopeFacts } from "./rope-config.ts";

/** How a family's config states positions, as far as families differ. */
export type ContextRules = {
  /** The family's own names of rope types, each with the general name. */
  readonly ropeTypes?: Readonly<Record<string, string>>;
  /** The share of a head's dimensions that rotates where partial_rotary_factor is absent. Absent: 1. */
  readonly rotaryShare?: number;
  /** max_position_embeddings where the config does not state it. Absent: the config must state it. */
  readonly defaultPositions?: number;
  /** Theta where rope_theta is absent. Absent: 10,000. */
  readonly defaultTheta?: number;
  /** How many keys back a query sees in a layer that slides; undefined: all. Absent: no layer slides. */
  readonly slidingWindow?: (config: ConfigObject) => number | undefined;
  /** Whether each layer slides and rotates. Absent: all rotate, and all slide if there is a window. */
  readonly layers?: (config: ConfigObject) => readonly LayerRule[];
  /** "full_attention" where rope_parameters may hold two ropes, one for layers that see everything and one for layers that slide. */
  readonly ropeOf?: NonNullable<RopeFacts["ropeOf"]>;
  /** The rope of layers that slide. Absent: the same as that of all other layers. */
  readonly localRope?: (config: ConfigObject, facts: RopeFacts) => DecoderRope;
  /** How scores are scaled and bounded. Absent: they are scaled by 1 / sqrt(headDim). */
  readonly scores?: (config: ConfigObject) => Pick<AttentionKind, "scoreScale" | "softcap">;
};

export type Context = Pick<
  DecoderSizes,
  "rope" | "trainedContext" | "slidingWindow" | "contextLimit" | "statedPositions" | "attention"
>;

/** Dual chunk attention folds longer distances back into `window`; `positions` are its chunk sizes, where they are stated. */
type DualChunk = { readonly window: number; readonly positions: StatedPositions["positions"] | undefined };

const readDualChunk = (config: ConfigObject): DualChunk | undefined => {
  const stated = objectOf(config, "dual_chunk_attention_config");
  if (stated === undefined) return undefined;
  const chunkSize = optionalPositiveInteger(stated, "chunk_size");
  const localSize = optionalPositiveInteger(stated, "local_size");
  const window = optionalPositiveInteger(stated, "original_max_position_embeddings") ?? chunkSize;
  check(
    window !== undefined,
    `${placeOf(stated, "original_max_position_embeddings")} must be a positive integer`,
    window,
    "number",
  );
  if (chunkSize === undefined || localSize === undefined) return { window, positions: undefined };
  check(localSize < chunkSize, `${placeOf(stated, "local_size")} must be < chunk_size ${chunkSize}`, localSize);
  // The farthest position of dual chunk attention is chunk_size.
  check(
    chunkSize <= window,
    `${placeOf(stated, "chunk_size")} must be <= original_max_position_embeddings ${window}`,
    chunkSize,
  );
  return { window, positions: { kind: "dual-chunk", chunkSize, localSize } };
};

/** The rotation and the window that a config states for the model as a whole. */
type Stated = { readonly rope: DecoderRope; readonly window: number | undefined; readonly facts: RopeFacts };

/**
 * The window of layers that slide. A window as long as the whole context usually counts as none. Beside layers that see everything it does
 * count: these may be run longer than they were trained, and the layers that slide must not see more even then.
 */
const windowIn = (layers: readonly LayerRule[], asked: number | undefined, { window, facts }: Stated) =>
  asked === facts.maxPositions && layers.some(({ slides }) => !slides) ? asked : window;

/** How each layer attends; undefined where all layers have the model's rope and window. */
const readAttention = (config: ConfigObject, rules: ContextRules, stated: Stated): Context["attention"] => {
  const { rope, window, facts } = stated;
  const asked = rules.slidingWindow?.(config);
  const isStated = asked !== undefined;
  const layers = rules.layers?.(config).map(({ slides, rotates }) => ({ rotates, slides: slides && isStated }));
  if (layers === undefined) {
    if (states(config, "layer_types"))
      checkLayerTypes(
        config,
        layersOf(config).map(() => isStated),
      );
    return undefined;
  }
  checkLayerTypes(
    config,
    layers.map(({ slides }) => slides),
  );
  const local = rules.localRope?.(config, facts) ?? rope;
  const scores = rules.scores?.(config) ?? {};
  const own = windowIn(layers, asked, stated);
  const attention = layers.map(({ slides, rotates }): AttentionKind => ({
    rope: rotates ? (slides ? local : rope) : undefined,
    slidingWindow: slides ? own : undefined,
    ...scores,
  }));
  const isPlain = (kind: AttentionKind): boolean => kind.rope === rope && kind.slidingWindow === window;
  return Object.keys(scores).length === 0 && attention.every(isPlain) ? undefined : attention;
};

/**
 * Reads positions and windows by a family's rules.
 *
 * @throws RangeError and TypeError naming the key, the rule and the value
 */
export const readContext = (config: ConfigObject, rules: ContextRules, headDim: number): Context => {
  const stated =
    optionalPositiveInteger(config, "max_position_embeddings") ??
    rules.defaultPositions ??
    positiveInteger(config, "max_position_embeddings");
  const facts: RopeFacts = { headDim, maxPositions: stated, ...rules };
  const rope = readRope(config, facts);
  const asked = rules.slidingWindow?.(config);
  // A window as long as the whole context hides nothing.
  const window = asked !== undefined && asked < stated ? asked : undefined;
  const attention = readAttention(config, rules, { rope, window, facts });
  const kind = attention === undefined ? { rope, slidingWindow: window } : extendedKind(attention);
  check(kind !== undefined, `${config.at}: a layer that attends to everything must rotate`, "none that does");
  // Layers that see everything have seen all distances in training.
  const limiting = attention === undefined ? asked : kind.slidingWindow;
  const dualChunk = readDualChunk(config);
  const limits = [
    { by: "sliding_window" as const, tokens: limiting ?? Infinity },
    { by: "dual_chunk_attention_config" as const, tokens: dualChunk?.window ?? Infinity },
  ];
  const limit = limits.reduce((a, b) => (b.tokens < a.tokens ? b : a));
  const isLimited = limit.tokens < stated;
  return {
    rope: kind.rope,
    trainedContext: isLimited ? limit.tokens : stated,
    slidingWindow: kind.slidingWindow,
    ...(isLimited ? { contextLimit: { ...limit, stated } } : {}),
    ...(dualChunk?.positions && {
      statedPositions: { by: "dual_chunk_attention_config", positions: dualChunk.positions, tokens: stated },
    }),
    ...(attention && { attention }),
  };
};
