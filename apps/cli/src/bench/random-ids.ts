/** Random token ids. The time of a run does not depend on the ids. */

/** A number below 2^32 for each index: a step of the golden ratio, then MurmurHash3's finalizer. */
const scrambled = (seed: number, index: number): number => {
  let bits = Math.imul(seed + index + 1, 0x9e3779b9);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
};

/** `count` ids from 0 to vocabSize - 1; the same seed gives the same ids. */
export const randomIds = (
  { vocabSize, seed }: { readonly vocabSize: number; readonly seed: number },
  count: number,
): readonly number[] => Array.from({ length: count }, (_, index) => scrambled(seed, index) % vocabSize);
