/**
 * What RULER's table says of scores s_1 … s_n at growing lengths:
 *
 *   average               Σ s_i / n
 *   increasing            Σ i s_i / Σ i               long texts count most
 *   decreasing            Σ (n + 1 - i) s_i / Σ i     short ones do
 *   effective length      the longest length with s_i ≥ threshold
 */
import { checkList, number } from "@ropewalk/check";

export type LengthScore = {
  readonly length: number;
  /** From 0 to 1, of all tasks together. */
  readonly score: number;
};

export type LengthSummary = {
  readonly average: number;
  readonly increasing: number;
  readonly decreasing: number;
  /** Absent: no length has the threshold. */
  readonly effectiveLength: number | undefined;
};

/** The score of a Llama 2 of 7 billion parameters at its trained window: what RULER asks of the others. */
export const rulerThreshold = 0.856;

const weighted = (scores: readonly number[], weight: (index: number) => number): number =>
  scores.reduce((sum, score, index) => sum + weight(index) * score, 0) /
  scores.reduce((sum, _, index) => sum + weight(index), 0);

const shareOfAll = number("from 0 to 1", (value) => value >= 0 && value <= 1);

/** @param scores - one a length, in any order */
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
