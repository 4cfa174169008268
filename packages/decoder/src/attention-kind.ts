/**
 * How layers attend. Those that attend alike are a group: rotations, masks and the cache's rooms are made once for all of them.
 *
 * In many models all layers are alike. In others some see a window alone, some are not rotated, some have another rotation.
 */
import type { DecoderRope, DecoderSizes } from "./decoder.ts";

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

export type AttentionGroup = {
  /** Which layers, in their order. */
  readonly layers: readonly number[];
  readonly kind: AttentionKind;
};

/** The groups of a decoder, in the order of their first layers. */
export const attentionGroups = (
  decoder: Pick<DecoderSizes, "numLayers" | "rope" | "slidingWindow" | "attention">,
): readonly AttentionGroup[] => {
  const { numLayers, rope, slidingWindow, attention } = decoder;
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
 * The kind that says which positions a model knows, of those that its layers have: the first that rotates and attends to everything;
 * where every layer has a window, the first that rotates. Methods set the positions of such layers.
 */
export const extendedKind = (
  attention: readonly AttentionKind[],
): (AttentionKind & { readonly rope: DecoderRope }) | undefined => {
  const rotating = attention.flatMap((kind) => (kind.rope === undefined ? [] : [{ ...kind, rope: kind.rope }]));
  const global = rotating.find(({ slidingWindow }) => slidingWindow === undefined);
  return global ?? (attention.every(({ slidingWindow }) => slidingWindow !== undefined) ? rotating[0] : undefined);
};
