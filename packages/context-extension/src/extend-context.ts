/** An extension put on what is known of a model: every field decided, every number checked against the checkpoint. */
import { checkNumber } from "@ropewalk/check";
import type { EntropyScaling } from "@ropewalk/entropy-scaling";
import { capacity as mappingCapacity, plain, slidingWindow, type PositionMapping } from "@ropewalk/position-mapping";
import { checkBands } from "@ropewalk/position-mapping/bands";
import { ropeFrequencies, type RopeScaling } from "@ropewalk/rope";
import { attentionPathOf, type AttentionPath } from "./attention-path.ts";
import { checkExtension, checkPositionsFor } from "./check-extension.ts";
import type { ContextExtension } from "./extension.ts";
import { schemeMapping, type ConfiguredMapping, type MappingConfig } from "./mapping-config.ts";
import type { ModelContext } from "./model.ts";

/** A model's window and rotation, with an extension put on them: every field decided. */
export type ExtendedContext = {
  readonly positions: PositionMapping;
  /** Whether these are the model's own, since the extension sets none: all keys, or its sliding window. */
  readonly ownPositions: boolean;
  readonly attentionPath: AttentionPath;
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

/** Whether positions are those that the config states. */
const areStated = ({ statedPositions }: ModelContext, positions: ConfiguredMapping | undefined): boolean =>
  positions?.config !== undefined &&
  statedPositions !== undefined &&
  isSame(positions.config, statedPositions.positions);

const isSame = (a: MappingConfig, b: MappingConfig): boolean => {
  const [these, those] = [Object.entries(a), new Map<string, unknown>(Object.entries(b))];
  return these.length === those.size && these.every(([name, value]) => those.get(name) === value);
};

/** What a config states and a run does without. */
const statedNotices = (model: ModelContext, positions: ConfiguredMapping | undefined): readonly string[] => {
  const stated = model.statedPositions;
  if (stated === undefined || areStated(model, positions)) return [];
  return [
    `the checkpoint's ${stated.by} states ${schemeMapping(stated.positions).name} for up to ${stated.tokens} tokens, which holds ` +
      `where it is asked for: ${positions?.name ?? "none"} is`,
  ];
};

/** A sliding window of the checkpoint's is off, and what the capacity is counted from where a config states more. */
const noticesOf = (model: ModelContext, positions: ConfiguredMapping | undefined): readonly string[] => {
  const { trainedContext, contextLimit: limit } = model;
  const window = windowOf(model);
  const off =
    window !== undefined && positions !== undefined
      ? [`the checkpoint's sliding window of ${window} tokens is off: ${positions.name} sets the positions`]
      : [];
  const unused = statedNotices(model, positions);
  // Under the checkpoint's own sliding window, and under what its config states, nothing is counted; a trained window that was set by
  // hand is not the config's.
  const counts =
    (positions !== undefined || window === undefined) &&
    !(limit?.by === model.statedPositions?.by && areStated(model, positions));
  if (limit === undefined || limit.tokens !== trainedContext || !counts) return [...off, ...unused];
  return [
    ...off,
    `positions are counted from ${trainedContext} tokens, the checkpoint's ${limit.by}, and not from ` +
      `max_position_embeddings ${limit.stated}: attention had no longer distances in training (trainedContext sets another window)`,
    ...unused,
  ];
};

/** The longest input under a mapping; where a config states the mapping, at least what it states, which its makers have tried. */
const capacityUnder = (model: ModelContext, positions: ConfiguredMapping, known: number): number => {
  const { name, window } = positions;
  // With its name: a window need not be a number that was asked for, that of STRING is its shiftFrom.
  if (window < Infinity)
    checkNumber("extendContext", `window of ${name}`, window, window <= known, `<= trainedContext ${known}`);
  const counted = mappingCapacity(positions, known);
  return areStated(model, positions) ? Math.max(counted, model.statedPositions!.tokens) : counted;
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
      : { positions: extension.positions, capacity: capacityUnder(model, extension.positions, known) };
  checkPositionsFor("extendContext", positions, model.trainedContext);
  const attentionPath = attentionPathOf(positions);
  // The other forms leave no key out and count none twice.
  if (attentionPath.kind === "masked") checkBands({}, positions);
  const scaling = rope ?? model.rope.scaling;
  const { rotaryDim, theta } = model.rope;
  ropeFrequencies({ rotaryDim, theta, scaling, seqLen: model.trainedContext });
  return {
    positions,
    ownPositions: extension.positions === undefined,
    attentionPath,
    scaling,
    entropy,
    knownContext: known,
    capacity,
    notices: noticesOf(model, extension.positions),
  };
};
