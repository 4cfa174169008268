/** Numbers and tokens that stand for nothing; the same every time. */

/** `length` numbers in [-1, 1). */
export const noise = (length: number, seed = 7): Float32Array<ArrayBuffer> => {
  const numbers = new Float32Array(length);
  let state = seed;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    numbers[index] = state / 2 ** 31 - 1;
  }
  return numbers;
};

/** `length` tokens below `vocabSize`. */
export const tokens = (vocabSize: number, length: number): readonly number[] =>
  Array.from({ length }, (_, index) => (index * 7919) % vocabSize);
