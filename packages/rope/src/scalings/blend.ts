/**
 * A mix of a pair's own frequency f and the interpolated frequency f / factor, as in YaRN and Llama 3. The share s of the own
 * frequency is cut off at 0 and 1:
 *
 *     f' = s f + (1 - s) f / factor
 */
export const blend = (f: number, factor: number, share: number): number => {
  const s = Math.min(1, Math.max(0, share));
  return s * f + ((1 - s) * f) / factor;
};
