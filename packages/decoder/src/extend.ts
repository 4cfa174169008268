/** A decoder with an extension put on it: every field decided, every number checked against the checkpoint. */
import { checkKeys, oneOf, optional } from "@ropewalk/check";
import { checkExtension, checkPositionsFor, type ContextExtension } from "@ropewalk/context-extension";
import type { EntropyScaling } from "@ropewalk/entropy-scaling";
import {
  capacity as mappingCapacity,
  plain,
  slidingWindow,
  type Band,
  type PositionMapping,
} from "@ropewalk/position-mapping";
import { checkBands } from "@ropewalk/position-mapping/bands";
import { ropeFrequencies, type RopeFrequencies, type RopeScaling } from "@ropewalk/rope";
import { attentionGroups } from "./attention-kind.ts";
import type { DecoderRope, DecoderSizes } from "./decoder.ts";

/**
 * How a layer's keys are laid out by distance, read off the mapping's bands.
 *
 *   everything   one band over all distances
 *   window       one band, [0, window): what lies beyond is not attended
 *   near-far     two bands, [0, window) and [window, ∞)
 *   masked       any other bands: each is scored under its own mask
 */
export type BandLayout =
  | { readonly kind: "everything" }
  | { readonly kind: "window"; readonly window: number }
  | { readonly kind: "near-far"; readonly window: number }
  | { readonly kind: "masked"; readonly bands: readonly Band[]; readonly seen?: NonNullable<PositionMapping["seen"]> };

/**
 * How a cache may keep the keys and values of settled tokens: as they are, in float16 as all of the cache then is,
 * or in 8 bits, in a quarter of the memory.
 */
export const cachePrecisions = ["float32", "float16", "q8"] as const;

export type CachePrecision = (typeof cachePrecisions)[number];

/** What the graph takes of keys and values that are not in 8 bits, and what it gives of new ones. */
export const elementType = ({ cache }: { readonly cache: CachePrecision }): "float32" | "float16" =>
  cache === "float16" ? "float16" : "float32";

/** A model's window and rotation, with an extension put on them: every field decided. */
export type ExtendedContext = {
  readonly positions: PositionMapping;
  /** Whether these are the model's own, since the extension sets none: all keys, or its sliding window. */
  readonly ownPositions: boolean;
  readonly layout: BandLayout;
  readonly scaling: RopeScaling;
  readonly entropy: EntropyScaling | undefined;
  /** The window whose positions the model knows: the trained one, times what a rope scaling of the extension adds. */
  readonly knownContext: number;
  /** The longest input whose relative positions all lie inside `knownContext`; may be Infinity. */
  readonly capacity: number;
  /** What the extension changes beyond what it was asked for, in words: a run should say it. */
  readonly notices: readonly string[];
};

/** Layers that attend alike, with an extension put on them. */
export type ExtendedGroup = {
  /** Which layers, in their order. */
  readonly layers: readonly number[];
  readonly positions: PositionMapping;
  readonly layout: BandLayout;
  /** With the scaling that holds; undefined: queries and keys are not rotated. */
  readonly rope: DecoderRope | undefined;
  readonly entropy: EntropyScaling | undefined;
  /** What products of queries and keys are multiplied by. */
  readonly scoreScale: number;
  /** The bound of scores; undefined: they have none. */
  readonly softcap: number | undefined;
};

export type ExtendedDecoder<D extends DecoderSizes = DecoderSizes> = ExtendedContext & {
  readonly decoder: D;
  /** In the order of their first layers. */
  readonly groups: readonly ExtendedGroup[];
  readonly cache: CachePrecision;
  /** The model's, for errors. */
  readonly name?: string;
};

/** What an extension is put on. */
type Extendable = Pick<DecoderSizes, "trainedContext" | "contextLimit" | "rope" | "slidingWindow">;

const bandLayout = ({ bands, seen }: PositionMapping): BandLayout => {
  const [near, far, ...rest] = bands;
  const reaches = (band: typeof near, from: number, to: number): boolean => band?.from === from && band.to === to;
  if (near && !far && reaches(near, 0, Infinity)) return { kind: "everything" };
  if (near && !far && near.from === 0) return { kind: "window", window: near.to };
  if (near && far && rest.length === 0 && near.from === 0 && reaches(far, near.to, Infinity))
    return { kind: "near-far", window: near.to };
  return { kind: "masked", bands, ...(seen && { seen }) };
};

/** Whether tokens ever settle, in one rotation for every query to come. */
export const settles = ({ layout }: { readonly layout: BandLayout }): boolean =>
  layout.kind === "everything" || layout.kind === "near-far";

/** How many times longer a window a rope scaling promises; 1 for those that promise nothing without tuning. */
const stretch = (scaling: RopeScaling | undefined): number =>
  scaling !== undefined && "factor" in scaling ? (scaling.factor ?? 1) : 1;

/** The window in tokens whose positions a model of that trained window knows under a rope scaling. */
export const knownContext = (trainedContext: number, rope: RopeScaling | undefined): number =>
  Math.floor(trainedContext * stretch(rope));

/**
 * The window that attention slides in. One that is wider than what was trained on, as Phi-3's configs and their exports state it,
 * cuts nothing and is none, unless it is what the trained window was taken from before that was set by hand.
 */
const windowOf = ({
  slidingWindow: window,
  trainedContext,
  contextLimit,
}: Omit<Extendable, "rope">): number | undefined =>
  window !== undefined && window > trainedContext && contextLimit?.tokens !== window ? undefined : window;

/** The checkpoint's own positions, and the longest input that it knows them for. */
const ownPositions = (
  decoder: Extendable,
  known: number,
): { readonly positions: PositionMapping; readonly capacity: number } => {
  const window = windowOf(decoder);
  if (window === undefined) return { positions: plain(), capacity: known };
  return { positions: slidingWindow({ window }), capacity: window > known ? known : Infinity };
};

/** A sliding window of the checkpoint's is off, and what the capacity is counted from where a config states more. */
const noticesOf = (model: Extendable, positions: PositionMapping | undefined): readonly string[] => {
  const { trainedContext, contextLimit: limit } = model;
  const window = windowOf(model);
  const off =
    window !== undefined && positions !== undefined
      ? [`the checkpoint's sliding window of ${window} tokens is off: ${positions.name} sets the positions`]
      : [];
  // Under the checkpoint's own sliding window nothing is counted; a trained window that was set by hand is not the config's.
  const counts = positions !== undefined || window === undefined;
  if (limit === undefined || limit.tokens !== trainedContext || !counts) return off;
  return [
    ...off,
    `positions are counted from ${trainedContext} tokens, the checkpoint's ${limit.by}, and not from ` +
      `max_position_embeddings ${limit.stated}: attention had no longer distances in training (trainedContext sets another window)`,
  ];
};

/**
 * Puts an extension on what is known of a model. Without positions of its own the checkpoint's hold: all keys, or a sliding
 * window.
 *
 * @throws RangeError when the mapping's window is larger than the trained one, two of its bands cover the
 *   same pair, a query is left without a key, a position is not finite, or a scaling's numbers do not fit the checkpoint; TypeError when it is no extension
 */
export const extendContext = (model: Extendable, extension: ContextExtension): ExtendedContext => {
  checkExtension("extendContext", extension);
  const { rope, entropy } = extension;
  const known = knownContext(model.trainedContext, rope);
  const { positions, capacity } =
    extension.positions === undefined
      ? ownPositions(model, known)
      : { positions: extension.positions, capacity: mappingCapacity(extension.positions, known) };
  checkPositionsFor("extendContext", positions, model.trainedContext);
  const layout = bandLayout(positions);
  // The other forms leave no key out and count none twice.
  if (layout.kind === "masked") checkBands({}, positions);
  const scaling = rope ?? model.rope.scaling;
  const { rotaryDim, theta } = model.rope;
  ropeFrequencies({ rotaryDim, theta, scaling, seqLen: model.trainedContext });
  return {
    positions,
    ownPositions: extension.positions === undefined,
    layout,
    scaling,
    entropy,
    knownContext: known,
    capacity,
    notices: noticesOf(model, extension.positions),
  };
};

/**
 * What an extension is to each group of layers. Its positions and the scaling of its frequencies are for layers that rotate and attend to
 * everything; one with a window of its own never sees a distance that it was not trained on, and keeps it. Where every layer has a
 * window, it is off, or else the model would see no further. The scaling of queries is for every layer that attends to everything.
 */
const extendGroups = (
  decoder: DecoderSizes,
  { positions: asked, ownPositions: own }: ExtendedContext,
  { rope: scaling, entropy }: ContextExtension,
): readonly ExtendedGroup[] => {
  const groups = attentionGroups(decoder);
  const windows = groups.map(({ kind }) => windowOf({ ...decoder, slidingWindow: kind.slidingWindow }));
  const allSlide = windows.every((window) => window !== undefined);
  return groups.map(({ layers, kind }, index): ExtendedGroup => {
    const { rope, scoreScale = 1 / Math.sqrt(decoder.headDim), softcap } = kind;
    const window = windows[index];
    const seesAll = window === undefined || allSlide;
    const isExtended = seesAll && rope !== undefined;
    const kept = window === undefined ? plain() : slidingWindow({ window });
    const positions = isExtended && !own ? asked : kept;
    return {
      ...{ layers, positions, layout: bandLayout(positions) },
      rope: isExtended ? { ...rope, scaling: scaling ?? rope.scaling } : rope,
      entropy: seesAll ? entropy : undefined,
      ...{ scoreScale, softcap },
    };
  });
};

/**
 * {@link extendContext} of a decoder, and how its cache is to be kept.
 *
 * @throws RangeError as there, when the cache has another name, and when one in q8 is asked for where no token settles
 */
export const extendDecoder = <D extends DecoderSizes>(
  decoder: D,
  extension: ContextExtension,
  options: { readonly cache?: CachePrecision } = {},
): ExtendedDecoder<D> => {
  const { cache = "float32" } = checkKeys("extendDecoder", "options", options, {
    cache: optional(oneOf(cachePrecisions)),
  });
  const extended = extendContext(decoder, extension);
  const groups = extendGroups(decoder, extended, extension);
  if (cache === "q8" && !groups.some(settles))
    throw new RangeError(
      `extendDecoder: a cache in q8 needs tokens that leave the window and are still attended, got ${extended.positions.name}`,
    );
  return { decoder, cache, groups, ...extended };
};

/** Of each group the rotation frequencies of a run planned to be `seqLen` tokens long; undefined where nothing rotates. */
export const frequenciesFor = (
  { groups }: Pick<ExtendedDecoder, "groups">,
  seqLen: number,
): readonly (RopeFrequencies | undefined)[] =>
  groups.map(({ rope }) => {
    if (rope === undefined) return undefined;
    const { rotaryDim, theta, scaling } = rope;
    return ropeFrequencies({ rotaryDim, theta, scaling, seqLen });
  });
