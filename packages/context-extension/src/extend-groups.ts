/** An extension applied to each group of a model's layers. */
import type { EntropyScaling } from "@ropewalk/entropy-scaling";
import { plain, slidingWindow, type PositionMapping } from "@ropewalk/position-mapping";
import { ropeFrequencies, type RopeFrequencies } from "@ropewalk/rope";
import { attentionGroups } from "./attention-kind.ts";
import { attentionPathOf, type AttentionPath } from "./attention-path.ts";
import { windowOf } from "./extend-context.ts";
import type { ContextExtension } from "./extension.ts";
import type { DecoderRope, ModelLayers } from "./model.ts";

/** A group of layers that attend alike, with an extension. */
export type ExtendedGroup = {
  /** The numbers of the group's layers, in their order. */
  readonly layers: readonly number[];
  /** Whether the extension's positions and frequencies are for these layers. */
  readonly isExtended: boolean;
  readonly positions: PositionMapping;
  readonly attentionPath: AttentionPath;
  /** The rotation, with the extension's scaling if it sets one; undefined: queries and keys are not rotated. */
  readonly rope: DecoderRope | undefined;
  readonly entropy: EntropyScaling | undefined;
  /** The factor of the products of queries and keys. */
  readonly scoreScale: number;
  /** The bound of scores; undefined: scores are not bounded. */
  readonly softcap: number | undefined;
};

/**
 * Applies an extension to each group of layers. The extension's positions and its scaling of frequencies are for layers that rotate
 * and attend to everything. A layer with a window never meets a distance that it was not trained on, and keeps the window. But if every
 * layer has a window, the windows are off, because the model would not see further otherwise. The scaling of queries is for every
 * layer that attends to everything.
 *
 * If some layers attend to everything, the windows of the others hold even when a caller sets a shorter trained context.
 */
export const extendGroups = (
  model: ModelLayers,
  { positions: asked, rope: scaling, entropy }: ContextExtension,
): readonly ExtendedGroup[] => {
  const groups = attentionGroups(model);
  const someSeeAll = groups.some(({ kind }) => kind.slidingWindow === undefined);
  const windows = groups.map(({ kind: { slidingWindow: window } }) =>
    someSeeAll ? window : windowOf({ ...model, slidingWindow: window }),
  );
  const allSlide = windows.every((window) => window !== undefined);
  return groups.map(({ layers, kind }, index): ExtendedGroup => {
    const { rope, scoreScale = 1 / Math.sqrt(model.headDim), softcap } = kind;
    const window = windows[index];
    const seesAll = window === undefined || allSlide;
    const isExtended = seesAll && rope !== undefined;
    const kept = window === undefined ? plain() : slidingWindow({ window });
    const positions = isExtended && asked !== undefined ? asked : kept;
    return {
      layers,
      isExtended,
      positions,
      attentionPath: attentionPathOf(positions),
      rope: isExtended ? { ...rope, scaling: scaling ?? rope.scaling } : rope,
      entropy: seesAll ? entropy : undefined,
      scoreScale,
      softcap,
    };
  });
};

/** The place of a layer's group. */
export const placeOfLayer = (groups: readonly Pick<ExtendedGroup, "layers">[], layer: number): number =>
  groups.findIndex(({ layers }) => layers.includes(layer));

/** The rotation frequencies of each group, for a run of `seqLen` planned tokens; undefined for a group that does not rotate. */
export const frequenciesFor = (
  { groups }: { readonly groups: readonly ExtendedGroup[] },
  seqLen: number,
): readonly (RopeFrequencies | undefined)[] =>
  groups.map(({ rope }) => {
    if (rope === undefined) return undefined;
    const { rotaryDim, theta, scaling } = rope;
    return ropeFrequencies({ rotaryDim, theta, scaling, seqLen });
  });
