/** The ways to attend that bands allow. */
import type { Band, PositionMapping } from "@ropewalk/position-mapping";

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

/** The way that a mapping takes: its bands decide it, here and nowhere else. */
export const bandLayout = ({ bands, seen }: PositionMapping): BandLayout => {
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
