/**
 * All adapters of one matrix W [out, in] as one pair of matrices: D = [A₁ᵀ A₂ᵀ …] and U = [s₁ B₁ s₂ B₂ …]ᵀ, so that
 *
 *   (x D) U = Σ sᵢ (x Aᵢᵀ) Bᵢᵀ          W + (D U)ᵀ is the matrix with all of them merged
 */

import type { LowRank } from "@ropewalk/decoder";

/** The transpose of a matrix [rows, columns], times a number. */
const scaledTranspose = (data: Float32Array, rows: number, columns: number, scale: number): Float32Array => {
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) out[column * rows + row] = scale * data[row * columns + column]!;
  return out;
};

/**
 * One adapter in that form.
 *
 * @param a - A [rank, in]
 * @param b - B [out, rank]
 */
export const lowRankOf = (rank: number, scale: number, a: Float32Array, b: Float32Array): LowRank => ({
  rank,
  down: scaledTranspose(a, rank, a.length / rank, 1),
  up: scaledTranspose(b, b.length / rank, rank, scale),
});

/** Two adapters of the same matrix as one. */
export const joined = (one: LowRank, other: LowRank): LowRank => {
  const rank = one.rank + other.rank;
  const inner = one.down.length / one.rank;
  const down = new Float32Array(inner * rank);
  for (let row = 0; row < inner; row++) {
    down.set(one.down.subarray(row * one.rank, (row + 1) * one.rank), row * rank);
    down.set(other.down.subarray(row * other.rank, (row + 1) * other.rank), row * rank + one.rank);
  }
  const up = new Float32Array(one.up.length + other.up.length);
  up.set(one.up);
  up.set(other.up, one.up.length);
  return { rank, down, up };
};

/** Adds (D U)ᵀ to rows of W [out, in], in place; `from` is the index of the first of these rows. */
export const addRows = ({ rank, down, up }: LowRank, from: number, rows: Float32Array): void => {
  const inner = down.length / rank;
  const out = up.length / rank;
  for (let row = 0; row < rows.length / inner; row++)
    for (let k = 0; k < inner; k++) {
      let sum = 0;
      for (let r = 0; r < rank; r++) sum += down[k * rank + r]! * up[r * out + from + row]!;
      rows[row * inner + k]! += sum;
    }
};
