/**
 * The summary of RULER's table, for scores s_1 … s_n at growing lengths:
 *
 *   average               Σ s_i / n
 *   increasing            Σ i s_i / Σ i               long texts weigh most
 *   decreasing            Σ (n + 1 - i) s_i / Σ i     short texts weigh most
 *   effective length      the longest length with s_i ≥ threshold
 */
import { checkList, number } from "@ropewalk/check";

export type LengthScore = {
  readonly length: number;
  /** The score of all tasks together, from 0 to 1. */
  readonly score: number;
};

export type LengthSummary = {
  readonly average: number;
  readonly increasing: number;
  readonly decreasing: number;
  /** Absent where no length reaches the threshold. */
  readonly effectiveLength: number | undefined;
};

/** RULER's threshold: the score of Llama 2 with 7 billion parameters at its trained window. */
export const rulerThreshold = 0.856;

const weighted = (scores: readonly number[], weight: (index: number) => number): number =>
  scores.reduce((sum, score, index) => sum + weight(index) * score, 0) /
  scores.reduce((sum, _, index) => sum + weight(index), 0);

const shareOfAll = number("from 0 to 1", (value) => value >= 0 && value <= 1);

/**
 * The averages and the effective length.
 *
 * @param scores - one for each length, in any order
 */
export const lengthSummary = (scores: readonly LengthScore[], threshold: number = rulerThreshold): LengthSummary => {
  checkList("lengthSummary", "scores", scores);
  shareOfAll("lengthSummary", "threshold", threshold);
  const rows = scores.toSorted((a, b) => a.length - b.length);
  const all = rows.map(({ score }) => score);
  return {
    average: weighted(all, () => 1),
    increasing: weighted(all, (index) => index + 1),
    decreasing: weighted(all, (index) => all.length - index),
    effectiveLength: rows.findLast(({ score }) => score >= threshold)?.length,
  };
};
