/** A door without its kind of seed. An input is decided by its number alone, so a number names a fault. */
import fc from "fast-check";
import type { AnyDoor, Door } from "../door.ts";

export const defineDoor = <Seed>({ name, seeds: read, mutate, call }: Door<Seed>): AnyDoor => ({
  name,
  open: async () => {
    const seeds = await read();
    return {
      seeds: seeds.map((seed) => (place) => call(seed, place)),
      mutated: (number) => {
        const seed = seeds[number % seeds.length]!;
        const [input] = fc.sample(mutate(seed), { seed: number + 1, numRuns: 1 });
        return (place) => call(input!, place);
      },
    };
  },
});
