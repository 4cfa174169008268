/** Scores of LongBench by dataset, grouped by task as in the papers, with averages; a column for each method. */
import type { LongBenchReport } from "@ropewalk/evals";
import { renderTable, type Column } from "./table.ts";

export type MethodScores = LongBenchReport & { readonly method: string; readonly positions: string };

/** The most methods side by side. */
const mostAcross = 4;

const left = (head: string): Column => ({ head, align: "left" });
const right = (head: string): Column => ({ head, align: "right" });

const shown = (score: number): string => score.toFixed(2);

const tableOf = (methods: readonly MethodScores[], heads: readonly string[]): string => {
  const [{ tasks, datasets }] = methods as readonly [MethodScores];
  const rows = tasks.flatMap(({ task }) =>
    datasets
      .map((row, index) => ({ row, index }))
      .filter(({ row }) => row.task === task)
      .map(({ row, index }) => [
        row.dataset,
        row.metric,
        row.answers.toLocaleString("en"),
        ...methods.map((method) => shown(method.datasets[index]!.score)),
      ]),
  );
  const means = tasks.map(({ task }, index) => [
    task,
    "",
    "",
    ...methods.map((method) => shown(method.tasks[index]!.score)),
  ]);
  return renderTable(
    [left("dataset"), left("metric"), right("answers"), ...heads.map(right)],
    [
      ...rows,
      ...(tasks.length > 1 ? means : []),
      ["average of datasets", "", "", ...methods.map(({ average }) => shown(average))],
      ...(tasks.length > 1
        ? [["average of tasks", "", "", ...methods.map(({ averageByTask }) => shown(averageByTask))]]
        : []),
    ],
  );
};

/** The tables. Several methods are numbered, and the first lines explain the numbers. */
export const renderLongBench = (methods: readonly MethodScores[]): string => {
  const [only] = methods;
  if (methods.length === 1) return `${only!.positions}\n${tableOf(methods, ["score"])}`;
  const heads = methods.map((_, index) => `${index + 1}`);
  const blocks = Array.from({ length: Math.ceil(methods.length / mostAcross) }, (_, block) => {
    const [from, to] = [block * mostAcross, (block + 1) * mostAcross];
    return tableOf(methods.slice(from, to), heads.slice(from, to));
  });
  const names = methods.map(({ method, positions }, index) => `${index + 1}  ${method}: ${positions}`);
  return [...names, ...blocks].join("\n");
};
