/** Random numbers for sampling. The generator's state goes in and comes out. */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus, xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

/** The generator's state; greedy sampling has none. */
export type SamplerState = readonly number[];

export type Drawn = { readonly uniform: number; readonly state: SamplerState };

export const startRandom = (seed: number): SamplerState => {
  // From small seeds the generator starts badly (its first number for seed 1 is almost 1), so start 2^64 steps further on.
  const generator = xoroshiro128plus(seed);
  generator.jump();
  return generator.getState();
};

/** A number in [0, 1), and the state after it. */
export const drawUniform = (state: SamplerState): Drawn => {
  const generator = xoroshiro128plusFromState(state);
  return { uniform: uniformFloat64(generator), state: generator.getState() };
};
