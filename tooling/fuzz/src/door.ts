/** A door: a place where the house takes in what somebody else wrote. */
import type fc from "fast-check";

export type Place = {
  /** The one folder where a call may write. It stands alone in a folder of its own, in which nothing else may appear. */
  readonly folder: string;
};

export type Door<Seed> = {
  readonly name: string;
  /** Real inputs, which the door takes as they are. */
  readonly seeds: () => readonly Seed[] | Promise<readonly Seed[]>;
  /** What becomes of a seed. */
  readonly mutate: (seed: Seed) => fc.Arbitrary<Seed>;
  /** Takes an input in. An input that is refused ends in an error. */
  readonly call: (input: Seed, place: Place) => unknown;
};

/** A door whose kind of seed is its own matter. */
export type AnyDoor = {
  readonly name: string;
  /** Its seeds as they are, and a mutated one for each number. */
  readonly open: () => Promise<{
    readonly seeds: readonly ((place: Place) => unknown)[];
    readonly mutated: (number: number) => (place: Place) => unknown;
  }>;
};
