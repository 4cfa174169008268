/**
 * Outliers in keys, made smaller before they are rounded to 8 bits: a scale for each token cannot tell them from the rest.
 *
 *   q · k = Σ (q_d c_d) (k_d / c_d)      c_d = max(1, m_d / median m)^(3/4)
 *   m_d                                  the largest of tokens at d, as the length of the pair that rotates together
 *
 * Pairs keep their length when they are rotated, so that what a first tile of tokens tells holds for later ones. No element
 * gets larger. What keys lose queries gain, which are rounded as well: the exponent leaves a small part of an outlier with the
 * keys, since nothing is known of the queries. (Xiao et al., arXiv 2211.10438, do so for activations and weights.)
 */
import type { HostRows } from "./format.ts";

const exponent = 3 / 4;

/** The lower one of the two in the middle. */
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[(values.length - 1) >> 1]!;

/**
 * By what queries are multiplied and keys divided [numKvHeads, headDim], from a tile of keys.
 *
 * @param pairs - dimensions that rotate together; one that stands alone is a list of one
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

/** Divides keys, in their place. */
export const divideKeys = ({ dims: [numKvHeads, keyLen, headDim], data }: HostRows, divisors: Float32Array): void => {
  const factors = divisors.map((divisor) => 1 / divisor);
  for (let head = 0, at = 0; head < numKvHeads; head++)
    for (let token = 0; token < keyLen; token++)
      for (let d = 0; d < headDim; d++, at++) data[at]! *= factors[head * headDim + d]!;
};
