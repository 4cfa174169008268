/**
 * Divisors that make outliers in keys smaller before the keys are rounded to 8 bits. Without them, an outlier would set the one
 * scale of its token, and the other dimensions would lose precision.
 *
 *   q · k = Σ (q_d c_d) (k_d / c_d)      c_d = max(1, m_d / median m)^(3/4)
 *   m_d                                  the largest length, over tokens, of the rotating pair to which d belongs
 *
 * Rotation keeps the length of a pair, so the divisors of a first tile of tokens suit later tokens too. No element gets larger.
 * Queries are multiplied by the same numbers and are rounded as well. Because nothing is known about the queries, the exponent
 * leaves a small part of an outlier in the keys. (Xiao et al., arXiv 2211.10438, do this for activations and weights.)
 */
import type { HostRows } from "./format.ts";

const exponent = 3 / 4;

/** The median; of an even number of values, the lower of the two in the middle. */
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[(values.length - 1) >> 1]!;

/**
 * The numbers [numKvHeads, headDim] by which keys are divided and queries multiplied, computed from a tile of keys.
 *
 * @param pairs - the dimensions that rotate together; a dimension that does not rotate is a list of one
 */
export const divisorsOf = (
  { dims: [numKvHeads, keyLen, headDim], data }: HostRows,
  pairs: readonly (readonly number[])[],
): Float32Array => {
  const divisors = new Float32Array(numKvHeads * headDim).fill(1);
  for (let head = 0; head < numKvHeads; head++) {
    const largest = pairs.map(() => 0);
    for (let token = 0; token < keyLen; token++) {
      const row = (head * keyLen + token) * headDim;
      for (let pair = 0; pair < pairs.length; pair++) {
        let square = 0;
        for (const d of pairs[pair]!) square += data[row + d]! ** 2;
        if (square > largest[pair]!) largest[pair] = square;
      }
    }
    const usual = median(largest);
    if (usual === 0) continue;
    pairs.forEach((pair, index) => {
      const divisor = Math.max(1, largest[index]! / usual) ** (exponent / 2);
      for (const d of pair) divisors[head * headDim + d] = divisor;
    });
  }
  return divisors;
};

/** Divides keys in place. */
export const divideKeys = ({ dims: [numKvHeads, keyLen, headDim], data }: HostRows, divisors: Float32Array): void => {
  const factors = divisors.map((divisor) => 1 / divisor);
  for (let head = 0, at = 0; head < numKvHeads; head++)
    for (let token = 0; token < keyLen; token++)
      for (let d = 0; d < headDim; d++, at++) data[at]! *= factors[head * headDim + d]!;
};
