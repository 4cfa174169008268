/**
 * Between a pair's own frequency f and the interpolated one, as YaRN and Llama 3 have it. The share s that is the pair's
 * own is cut off at 0 and 1:
 *
 *     f' = s f + (1 - s) f / factor
 */
export const blend = (f: number, factor: number, share: number): number => {
  const s = Math.min(1, Math.max(0, share));
  return s * f + ((1 - s) * f) / factor;
};
