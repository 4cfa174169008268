/** An extension put on what is known of a model: every field decided, every number checked against the checkpoint. */
import type { EntropyScaling } from "@ropewalk/entropy-scaling";
import { capacity as mappingCapacity, plain, slidingWindow, type PositionMapping } from "@ropewalk/position-mapping";
import { checkBands } from "@ropewalk/position-mapping/bands";
import { ropeFrequencies, type RopeScaling } from "@ropewalk/rope";
import { bandLayout, type BandLayout } from "./band-layout.ts";
import { checkExtension, checkPositionsFor } from "./check-extension.ts";
import type { ContextExtension } from "./extension.ts";
import type { ModelContext } from "./model.ts";

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
export const windowOf = ({
  slidingWindow: window,
  trainedContext,
  contextLimit,
}: Omit<ModelContext, "rope">): number | undefined =>
  window !== undefined && window > trainedContext && contextLimit?.tokens !== window ? undefined : window;

/** The checkpoint's own positions, and the longest input that it knows them for. */
const ownPositions = (
  model: ModelContext,
  known: number,
): { readonly positions: PositionMapping; readonly capacity: number } => {
  const window = windowOf(model);
  if (window === undefined) return { positions: plain(), capacity: known };
  return { positions: slidingWindow({ window }), capacity: window > known ? known : Infinity };
};

/** A sliding window of the checkpoint's is off, and what the capacity is counted from where a config states more. */
const noticesOf = (model: ModelContext, positions: PositionMapping | undefined): readonly string[] => {
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
export const extendContext = (model: ModelContext, extension: ContextExtension): ExtendedContext => {
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
