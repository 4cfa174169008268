/** How attention can be computed with a mapping's bands. */
import type { Band, PositionMapping } from "@ropewalk/position-mapping";

/**
 * How a layer's keys are kept and scored. It follows from the mapping's bands.
 *
 *   everything   one band over all distances
 *   window       one band, [0, window): keys beyond it are not attended
 *   near-far     two bands, [0, window) and [window, ∞)
 *   chunked      bands by chunks of `chunkLen` tokens that give a key one position: [0, 1), [1, 2), … [ringChunks, ∞)
 *   masked       any other bands: each is scored under its own mask
 */
export type AttentionPath =
  | { readonly kind: "everything" }
  | { readonly kind: "window"; readonly window: number }
  | { readonly kind: "near-far"; readonly window: number }
  | { readonly kind: "chunked"; readonly chunkLen: number; readonly ringChunks: number }
  | { readonly kind: "masked"; readonly bands: readonly Band[]; readonly seen?: NonNullable<PositionMapping["seen"]> };

/** The chunked path, if the bands are chunks one after another, from the query's own chunk on, and each key has one position. */
const chunkedPath = ({ bands, seen }: PositionMapping): AttentionPath | undefined => {
  const [own] = bands;
  const last = bands.length - 1;
  if (own?.chunkLen === undefined || last === 0 || seen !== undefined) return undefined;
  const { chunkLen, key } = own;
  const inTurn = (band: Band, back: number): boolean =>
    band.chunkLen === chunkLen &&
    band.key === key &&
    band.from === back &&
    band.to === (back === last ? Infinity : back + 1);
  return bands.every(inTurn) ? { kind: "chunked", chunkLen, ringChunks: last } : undefined;
};

const positiveInteger = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;

/** The attention path of a mapping. This is the only place that decides it. */
export const attentionPathOf = (mapping: PositionMapping): AttentionPath => {
  const { bands, seen } = mapping;
  const [near, far, ...rest] = bands;
  const reaches = (band: typeof near, from: number, to: number): boolean =>
    band?.chunkLen === undefined && band?.from === from && band.to === to;
  if (near && !far && reaches(near, 0, Infinity)) return { kind: "everything" };
  const window = near?.to ?? 0;
  // Any other number is not a window. The check of bands under masks reports it.
  if (positiveInteger(window) && reaches(near, 0, window)) {
    if (!far) return { kind: "window", window };
    if (rest.length === 0 && reaches(far, window, Infinity)) return { kind: "near-far", window };
  }
  return chunkedPath(mapping) ?? { kind: "masked", bands, ...(seen && { seen }) };
};

/** Whether tokens settle: from some point on, every later query sees them in the same rotation. */
export const settles = ({ attentionPath }: { readonly attentionPath: AttentionPath }): boolean =>
  attentionPath.kind === "everything" || attentionPath.kind === "near-far" || attentionPath.kind === "chunked";
