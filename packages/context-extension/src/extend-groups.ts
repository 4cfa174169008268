/** An extension put on each group of a model's layers. */
import type { EntropyScaling } from "@ropewalk/entropy-scaling";
import { plain, slidingWindow, type PositionMapping } from "@ropewalk/position-mapping";
import { ropeFrequencies, type RopeFrequencies } from "@ropewalk/rope";
import { attentionGroups } from "./attention-kind.ts";
import { attentionPathOf, type AttentionPath } from "./attention-path.ts";
import { windowOf } from "./extend-context.ts";
import type { ContextExtension } from "./extension.ts";
import type { DecoderRope, ModelLayers } from "./model.ts";

/** Layers that attend alike, with an extension put on them. */
export type ExtendedGroup = {
  /** Which layers, in their order. */
  readonly layers: readonly number[];
  /** Whether the extension's positions and frequencies are for these layers. */
  readonly isExtended: boolean;
  readonly positions: PositionMapping;
  readonly attentionPath: AttentionPath;
  /** With the scaling that holds; undefined: queries and keys are not rotated. */
  readonly rope: DecoderRope | undefined;
  readonly entropy: EntropyScaling | undefined;
  /** What products of queries and keys are multiplied by. */
  readonly scoreScale: number;
  /** The bound of scores; undefined: they have none. */
  readonly softcap: number | undefined;
};

/**
 * What an extension is to each group of layers. Its positions and the scaling of its frequencies are for layers that rotate and attend to
 * everything; one with a window of its own never sees a distance that it was not trained on, and keeps it. Where every layer has a
 * window, it is off, or else the model would see no further. The scaling of queries is for every layer that attends to everything.
 *
 * Beside layers that attend to everything a window holds however short the trained window is, which a caller may set by hand.
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

/** The place of the group that a layer is in. */
export const placeOfLayer = (groups: readonly Pick<ExtendedGroup, "layers">[], layer: number): number =>
  groups.findIndex(({ layers }) => layers.includes(layer));

/** Of each group the rotation frequencies of a run planned to be `seqLen` tokens long; undefined where nothing rotates. */
export const frequenciesFor = (
  { groups }: { readonly groups: readonly ExtendedGroup[] },
  seqLen: number,
): readonly (RopeFrequencies | undefined)[] =>
  groups.map(({ rope }) => {
    if (rope === undefined) return undefined;
    const { rotaryDim, theta, scaling } = rope;
    return ropeFrequencies({ rotaryDim, theta, scaling, seqLen });
  });
