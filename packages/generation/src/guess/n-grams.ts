/**
 * The n-grams of a growing text, each with the place after its last occurrence.
 *
 *   h(x_1 … x_n) = (… ((h₀ ⊕ x_1) p ⊕ x_2) p …) mod 2^32     FNV-1a over tokens; a place that is found is compared with the text
 *
 * Each token is indexed once, when the next one is known. A search costs n multiplications, however long the text is.
 */

const [offset, prime] = [0x811c9dc5, 0x01000193];

/** The hash of the `count` tokens before `end`. */
const hashOf = (ids: readonly number[], end: number, count: number): number => {
  let hash = offset;
  for (let at = end - count; at < end; at++) hash = Math.imul(hash ^ ids[at]!, prime);
  return hash;
};

const sameBefore = (ids: readonly number[], a: number, b: number, count: number): boolean => {
  for (let back = 1; back <= count; back++) if (ids[a - back] !== ids[b - back]) return false;
  return true;
};

/** Finds where the last `count` tokens of a text occurred before: the place after them. Undefined where they are new. */
export type FindEarlier = (ids: readonly number[]) => number | undefined;

/** Makes a search over one text, which only grows from call to call. */
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
