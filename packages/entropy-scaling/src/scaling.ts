/** How the query of a position is scaled so that attention stays as sharp in a long input as in a short one. */
export type EntropyScaling =
  /** By the logarithm of the position, to the base of the trained context (Jianlin Su). `trainedContext` in tokens. */
  | { readonly kind: "log-n"; readonly trainedContext: number }
  /**
   * Entropy-ABF, arXiv 2401.07004: log-n beyond the first layers. `exemptLayers` says how many of the first layers stay
   * unscaled. The default is 0, as in the published models and figures: the exemption in the released code has no effect.
   * The paper's text leaves layers 0 and 1 unscaled, which is `exemptLayers: 2`.
   */
  | {
      readonly kind: "entropy-abf";
      readonly trainedContext: number;
      readonly exemptLayers?: number;
    }
  /** YaRN's temperature, arXiv 2309.00071, the same at every position. `factor` is the new length over the trained one. */
  | { readonly kind: "yarn-temperature"; readonly factor: number }
  /** The caller's own scaling: any positive number, as a function of layer and position. */
  | { readonly kind: "custom"; readonly scale: (at: { readonly layer: number; readonly position: number }) => number };

/** The variant of {@link EntropyScaling} named `Kind`. */
export type ScalingOf<Kind extends EntropyScaling["kind"]> = Extract<EntropyScaling, { readonly kind: Kind }>;

/**
 * The scale in one layer of every kind except `custom`, for the position i counted from 0:
 *
 *     scale(i) = max(least, ln(i + 1) / logContext)
 */
export type ScaleCurve = { readonly least: number; readonly logContext: number };

/** The scale as a function of the position, for the kind `custom`, which has no such curve. */
export type ScaleOf = (position: number) => number;

/** The same scale at every position. */
export const constantScale = (scale: number): ScaleCurve => ({
  least: scale,
  logContext: Infinity,
});
