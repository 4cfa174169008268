/**
 * Leaky ReRoPE (Jianlin Su, github.com/bojone/rerope): beyond the window, distances grow s times
 * slower. Positions are not rounded.
 *
 *     i - j <  W:  rel(i, j) = i - j
 *     i - j >= W:  rel(i, j) = (i - j + W (s-1)) / s      query at (i + W (s-1)) / s, key at j/s
 *
 * N > W tokens reach rel = (N-1 + W (s-1)) / s, which must be at most L - 1:
 *
 *     capacity = max(W, floor(s (L-1-W)) + W + 1)
 */
import { atLeastOne, checkConfig, positive } from "@ropewalk/check";
import { remedyOf } from "../fit.ts";
import { twoBands, type PositionMapping } from "../mapping.ts";

const leakyCapacity = (factor: number, window: number, trainedContext: number): number =>
  Math.max(window, Math.floor(factor * (trainedContext - 1 - window)) + window + 1);

/**
 * Distances grow `factor` times slower from `window` on. A factor may be fractional; 1 is plain RoPE.
 *
 * @throws RangeError when window is not an integer >= 1 or factor not finite and >= 1, TypeError when
 * one is not a number or a key is not known.
 */
export const leakyReRope = (config: { readonly factor: number; readonly window: number }): PositionMapping => {
  const { factor, window } = checkConfig("leakyReRope", config, {
    factor: atLeastOne,
    window: positive,
  });
  const shift = window * (factor - 1);
  return {
    name: `LeakyReRoPE(factor ${factor}, window ${window})`,
    bands: twoBands(
      window,
      (i) => (i + shift) / factor,
      (j) => j / factor,
    ),
    window,
    capacity: (trainedContext) => leakyCapacity(factor, window, trainedContext),
    remedy: remedyOf("factor", leakyCapacity, factor, window),
  };
};
