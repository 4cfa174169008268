/** An extension applied to a model's context: every default filled in, every number checked against the checkpoint. */
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

/** A model's context with an extension: every default filled in. */
export type ExtendedContext = {
  readonly positions: PositionMapping;
  /** Whether the positions are the model's own (all keys, or its sliding window), because the extension sets none. */
  readonly ownPositions: boolean;
  readonly attentionPath: AttentionPath;
  readonly scaling: RopeScaling;
  readonly entropy: EntropyScaling | undefined;
  /** The context, in tokens, whose positions the model knows: the trained context times the factor of the extension's rope scaling. */
  readonly knownContext: number;
  /** The longest input whose relative positions all lie inside `knownContext`; may be Infinity. */
  readonly capacity: number;
  /** Sentences about changes that the extension makes without being asked. A program should print them. */
  readonly notices: readonly string[];
};

/** The factor by which a rope scaling lengthens the context; 1 for scalings that do not lengthen it without tuning. */
const stretch = (scaling: RopeScaling | undefined): number =>
  scaling !== undefined && "factor" in scaling ? (scaling.factor ?? 1) : 1;

/** The context, in tokens, whose positions a model knows under a rope scaling. */
export const knownContext = (trainedContext: number, rope: RopeScaling | undefined): number =>
  Math.floor(trainedContext * stretch(rope));

/**
 * The sliding window of attention; undefined if it is wider than the trained context, as in Phi-3's configs and exports, and so hides
 * nothing. But a window that limited the trained context, before a caller set that by hand, stays.
 */
export const windowOf = ({
  slidingWindow: window,
  trainedContext,
  contextLimit,
}: Omit<ModelContext, "rope">): number | undefined =>
  window !== undefined && window > trainedContext && contextLimit?.tokens !== window ? undefined : window;

/** The checkpoint's own positions, and the longest input for which it knows them. */
const ownPositions = (
  model: ModelContext,
  known: number,
): { readonly positions: PositionMapping; readonly capacity: number } => {
  const window = windowOf(model);
  if (window === undefined) return { positions: plain(), capacity: known };
  return { positions: slidingWindow({ window }), capacity: window > known ? known : Infinity };
};

/** Whether positions are the ones that the config states. */
const areStated = ({ statedPositions }: ModelContext, positions: ConfiguredMapping | undefined): boolean =>
  positions?.config !== undefined &&
  statedPositions !== undefined &&
  isSame(positions.config, statedPositions.positions);

const isSame = (a: MappingConfig, b: MappingConfig): boolean => {
  const [these, those] = [Object.entries(a), new Map<string, unknown>(Object.entries(b))];
  return these.length === those.size && these.every(([name, value]) => those.get(name) === value);
};

/** The notice about positions that the config states but that are not used. */
const statedNotices = (model: ModelContext, positions: ConfiguredMapping | undefined): readonly string[] => {
  const stated = model.statedPositions;
  if (stated === undefined || areStated(model, positions)) return [];
  return [
    `the checkpoint's ${stated.by} states ${schemeMapping(stated.positions).name} for up to ${stated.tokens} tokens, which holds ` +
      `where it is asked for: ${positions?.name ?? "none"} is`,
  ];
};

/** All notices: a sliding window that is off, a trained context below what the config states, stated positions that are not used. */
const noticesOf = (model: ModelContext, positions: ConfiguredMapping | undefined): readonly string[] => {
  const { trainedContext, contextLimit: limit } = model;
  const window = windowOf(model);
  const off =
    window !== undefined && positions !== undefined
      ? [`the checkpoint's sliding window of ${window} tokens is off: ${positions.name} sets the positions`]
      : [];
  const unused = statedNotices(model, positions);
  // Under the checkpoint's own sliding window, and under the positions that its config states, no capacity is counted. A trained
  // context that a caller set is not the config's.
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

/** The longest input under a mapping. If the config states this mapping, it is at least the config's length, which its makers have tried. */
const capacityUnder = (model: ModelContext, positions: ConfiguredMapping, known: number): number => {
  const { name, window } = positions;
  // The error names the mapping, because its window need not be a number that the caller gave: STRING's window is its shiftFrom.
  if (window < Infinity)
    checkNumber("extendContext", `window of ${name}`, window, window <= known, `<= trainedContext ${known}`);
  const counted = mappingCapacity(positions, known);
  return areStated(model, positions) ? Math.max(counted, model.statedPositions!.tokens) : counted;
};

/**
 * Applies an extension to a model's context. If the extension sets no positions, the checkpoint's own hold: all keys, or a sliding
 * window.
 *
 * @throws RangeError when the mapping's window is larger than the known context, two of its bands cover the same pair, a query is
 *   left without a key, a position is not finite, or a scaling's numbers do not fit the checkpoint; TypeError when `extension` is not
 *   an extension
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
  // The bands of the other paths leave no query without a key and cover no pair twice.
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
