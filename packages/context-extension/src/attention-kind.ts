/**
 * The groups of layers that attend alike. Rotations, masks and the cache's inputs are made once for each group.
 *
 * In many models all layers are alike. In others, some layers see only a window, some are not rotated, some have another rotation.
 */
import type { AttentionKind, DecoderRope, ModelLayers } from "./model.ts";

export type AttentionGroup = {
  /** The numbers of the group's layers, in their order. */
  readonly layers: readonly number[];
  readonly kind: AttentionKind;
};

/** The groups of a model, in the order of their first layers. */
export const attentionGroups = (
  model: Pick<ModelLayers, "numLayers" | "rope" | "slidingWindow" | "attention">,
): readonly AttentionGroup[] => {
  const { numLayers, rope, slidingWindow, attention } = model;
  const same: AttentionKind = { rope, slidingWindow };
  const groups = new Map<string, { readonly layers: number[]; readonly kind: AttentionKind }>();
  for (let layer = 0; layer < numLayers; layer++) {
    const kind = attention?.[layer] ?? same;
    const name = JSON.stringify([kind.rope ?? null, kind.slidingWindow, kind.scoreScale, kind.softcap]);
    const group = groups.get(name) ?? { layers: [], kind };
    group.layers.push(layer);
    groups.set(name, group);
  }
  return [...groups.values()];
};

/**
 * The kind of layers whose positions an extension sets: the first kind that rotates and attends to everything or, if every layer has
 * a window, the first that rotates.
 */
export const extendedKind = (
  attention: readonly AttentionKind[],
): (AttentionKind & { readonly rope: DecoderRope }) | undefined => {
  const rotating = attention.flatMap((kind) => (kind.rope === undefined ? [] : [{ ...kind, rope: kind.rope }]));
  const global = rotating.find(({ slidingWindow }) => slidingWindow === undefined);
  return global ?? (attention.every(({ slidingWindow }) => slidingWindow !== undefined) ? rotating[0] : undefined);
};
