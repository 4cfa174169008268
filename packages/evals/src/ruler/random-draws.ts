/** Random draws from named streams of random numbers, which are the same on every machine. */
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

export type Random = ReturnType<typeof xoroshiro128plus>;

/** The stream of that name. Its seed is the name's FNV-1a hash. */
export const streamOf = (...name: readonly (string | number)[]): Random => {
  let hash = 0x811c9dc5;
  for (const letter of name.join("/")) hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193);
  const random = xoroshiro128plus(hash | 0);
  // The generator starts badly from small seeds.
  random.jump();
  return random;
};

export const pick = <T>(random: Random, choices: ArrayLike<T>): T =>
  choices[uniformInt(random, 0, choices.length - 1)]!;

/** The values in a random order, by Fisher and Yates. */
export const shuffled = <T>(random: Random, list: Iterable<T>): T[] => {
  const order = [...list];
  for (let last = order.length - 1; last > 0; last--) {
    const other = uniformInt(random, 0, last);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
};

/** The first `count` of a random order. */
export const someOf = <T>(random: Random, list: Iterable<T>, count: number): readonly T[] =>
  shuffled(random, list).slice(0, count);

/** Draws until a value is new, and adds it to the known ones. */
export const another = (known: Set<string>, draw: () => string): string => {
  for (;;) {
    const drawn = draw();
    if (known.has(drawn)) continue;
    known.add(drawn);
    return drawn;
  }
};

/** Draws so many different values. */
export const different = (count: number, draw: () => string): readonly string[] => {
  const known = new Set<string>();
  return Array.from({ length: count }, () => another(known, draw));
};

/** Draws so many letters of an alphabet. */
export const letters = (random: Random, alphabet: string, count: number): string =>
  Array.from({ length: count }, () => pick(random, alphabet)).join("");
