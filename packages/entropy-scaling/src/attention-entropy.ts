/**
 * The entropy of attention, in nats, of one query over its keys:
 *
 *     H = - sum_j p_j ln(p_j),      0 ln(0) = 0
 *
 * 0 when all attention is on one key, ln(n) when it is spread evenly over n keys.
 */
import { check, checkArray, checkInteger, checkKeys } from "@ropewalk/check";

/** How far from 1 the sum of a row's probabilities may be: room for probabilities that were kept in float16 or float32. */
const sumTolerance = 1e-3;

/**
 * The entropy of every row of `probabilities`, `[rows, keyLen]`, row-major: `[rows]` in nats, summed in float64;
 * written to `out` where it is given. Logits are refused: the rows must be probabilities already.
 *
 * @throws RangeError when keyLen is not an integer >= 1, when it does not divide the number of values, when a
 * value is not >= 0, when a row does not sum to 1 within 1e-3, or when `out` has another length; TypeError when
 * keyLen is not a number, probabilities are not an array of floats, or a key is not known.
 */
export const attentionEntropy = (
  config: { readonly keyLen: number },
  probabilities: Float32Array | Float64Array,
  out?: Float64Array,
): Float64Array => {
  checkKeys("attentionEntropy", "config", config, { keyLen: true });
  const { keyLen } = config;
  checkInteger("attentionEntropy", "keyLen", keyLen, 1);
  checkArray("attentionEntropy", "probabilities", probabilities, "Float32Array or Float64Array");
  const size = probabilities.length;
  if (size % keyLen !== 0)
    throw new RangeError(
      `attentionEntropy: probabilities must hold whole rows of keyLen, got ${size} values and keyLen ${keyLen}`,
    );
  const rows = size / keyLen;
  const entropies = out ?? new Float64Array(rows);
  check(entropies.length === rows, `attentionEntropy: out must hold ${rows} values`, entropies.length);
  for (let row = 0, at = 0; row < rows; row++) {
    let sum = 0;
    let entropy = 0;
    for (let key = 0; key < keyLen; key++, at++) {
      const p = probabilities[at]!;
      if (!(p >= 0)) {
        throw new RangeError(`attentionEntropy: probabilities must be >= 0, got ${p} in row ${row}`);
      }
      sum += p;
      if (p > 0) entropy -= p * Math.log(p);
    }
    if (!(Math.abs(sum - 1) <= sumTolerance)) {
      throw new RangeError(`attentionEntropy: rows must sum to 1 within ${sumTolerance}, got ${sum} in row ${row}`);
    }
    entropies[row] = entropy;
  }
  return entropies;
};
