/**
 * The n-grams of a text that grows, each with the place behind its last occurrence.
 *
 *   h(x_1 … x_n) = (… ((h₀ ⊕ x_1) p ⊕ x_2) p …) mod 2^32     FNV-1a over tokens; what it finds is compared with the text
 *
 * A token is taken in once, when the next one is known: a search costs n multiplications, however long the text is.
 */

const [offset, prime] = [0x811c9dc5, 0x01000193];

/** Of the `count` tokens before `end`. */
const hashOf = (ids: readonly number[], end: number, count: number): number => {
  let hash = offset;
  for (let at = end - count; at < end; at++) hash = Math.imul(hash ^ ids[at]!, prime);
  return hash;
};

const sameBefore = (ids: readonly number[], a: number, b: number, count: number): boolean => {
  for (let back = 1; back <= count; back++) if (ids[a - back] !== ids[b - back]) return false;
  return true;
};

/** Where what followed the last `count` tokens of a text earlier begins; undefined where they are new. */
export type FindEarlier = (ids: readonly number[]) => number | undefined;

/** From call to call the text only grows. */
export const nGrams = (count: number): FindEarlier => {
  const places = new Map<number, number>();
  let next = count;
  return (ids) => {
    for (; next < ids.length; next++) places.set(hashOf(ids, next, count), next);
    if (ids.length < count) return undefined;
    const place = places.get(hashOf(ids, ids.length, count));
    return place !== undefined && sameBefore(ids, place, ids.length, count) ? place : undefined;
  };
};
