/** Scores of tasks by length in the form of RULER's tables: in percent, with averages and the effective length. */
import { lengthSummary, type LengthScore, type LengthSummary } from "@ropewalk/evals";
import { renderTable } from "./table.ts";

export type TaskCell = { readonly task: string; readonly length: number; readonly score: number };

export type RulerScores = {
  /** The name of the method. */
  readonly method: string;
  readonly cells: readonly TaskCell[];
};

/** The mean score over tasks of each length, the shortest length first. */
const lengthScores = (cells: readonly TaskCell[]): readonly LengthScore[] => {
  const lengths = [...new Set(cells.map(({ length }) => length))].sort((a, b) => a - b);
  return lengths.map((length) => {
    const own = cells.filter((cell) => cell.length === length);
    return { length, score: own.reduce((sum, { score }) => sum + score, 0) / own.length };
  });
};

const shown = (share: number): string => (100 * share).toFixed(1);

const summaryWords = (
  { average, increasing, decreasing, effectiveLength }: LengthSummary,
  threshold: number,
): string => {
  const effective = effectiveLength === undefined ? "none" : `${effectiveLength} tokens`;
  return (
    `average ${shown(average)}, weighted to long texts ${shown(increasing)}, to short ones ${shown(decreasing)}\n` +
    `effective length at ${Number((100 * threshold).toFixed(6))}: ${effective}`
  );
};

/** @param threshold - from 0 to 1 */
export const renderRulerScores = ({ method, cells }: RulerScores, threshold: number): string => {
  const means = lengthScores(cells);
  const tasks = [...new Set(cells.map(({ task }) => task))];
  const rows = tasks.map((task) => [
    task,
    ...means.map(({ length }) => shown(cells.find((cell) => cell.task === task && cell.length === length)!.score)),
  ]);
  const table = renderTable(
    [
      { head: method, align: "left" },
      ...means.map(({ length }) => ({ head: String(length), align: "right" as const })),
    ],
    tasks.length === 1 ? rows : [...rows, ["average", ...means.map(({ score }) => shown(score))]],
  );
  return `${table}\n${summaryWords(lengthSummary(means, threshold), threshold)}`;
};

/** The same as data. */
export const rulerReport = ({ method, cells }: RulerScores, threshold: number): object => {
  const lengths = lengthScores(cells);
  const { effectiveLength = null, ...averages } = lengthSummary(lengths, threshold);
  return { method, cells, lengths, ...averages, effectiveLength };
};
