/**
 * The weights before the first step: ones for a vector, which is a norm's; for a matrix
 *
 *   w = σ √(-2 ln u) cos(2π v)        u, v ~ U(0, 1)
 *
 * which is a normal distribution of deviation σ, by Box and Muller.
 */
import { sizeOf } from "@ropewalk/backend";
import type { Parameters } from "@ropewalk/finetune";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

export type InitialWeights = {
  /** σ */
  readonly deviation: number;
  readonly seed: number;
};

/** @param tensors - shapes by name; weights are drawn in their order */
export const initialWeights = (
  { deviation, seed }: InitialWeights,
  tensors: Readonly<Record<string, readonly number[]>>,
): Parameters => {
  const random = xoroshiro128plus(seed);
  // Its first numbers are poor after a small seed.
  random.jump();
  const normal = (): number =>
    deviation * Math.sqrt(-2 * Math.log(1 - uniformFloat64(random))) * Math.cos(2 * Math.PI * uniformFloat64(random));
  return Object.fromEntries(
    Object.entries(tensors).map(([name, dims]) => {
      const size = sizeOf(dims);
      const data = dims.length === 1 ? new Float32Array(size).fill(1) : Float32Array.from({ length: size }, normal);
      return [name, { dims, data }];
    }),
  );
};
