/** The scores of an exam in percent, a row for each method, with standard errors; by difficulty and length when questions state them. */
import type { Accuracy, ExamReport, ExamScore } from "@ropewalk/evals";
import { renderTable, type Column } from "./table.ts";

export type MethodExam = ExamReport & { readonly method: string; readonly positions: string };

const right = (head: string): Column => ({ head, align: "right" });

const percent = ({ accuracy, standardError }: Accuracy): string =>
  `${(100 * accuracy).toFixed(1)}${standardError === null ? "" : ` ± ${(100 * standardError).toFixed(1)}`}`;

/** The groups of LongBench v2 that have columns: difficulty and length. */
const columnsOf = ({ groups }: ExamReport): readonly { readonly name: string; readonly value: string }[] =>
  ["difficulty", "length"].flatMap((name) => Object.keys(groups[name] ?? {}).map((value) => ({ name, value })));

const ways = [
  { way: "sum", of: ({ bySum }: ExamScore) => bySum },
  { way: "character", of: ({ byCharacter }: ExamScore) => byCharacter },
] as const;

export const renderExam = (methods: readonly MethodExam[]): string => {
  const [first] = methods as readonly [MethodExam];
  const columns = columnsOf(first);
  const rows = methods.flatMap((method) =>
    ways.map(({ way, of }) => [
      method.method,
      way,
      percent(of(method)),
      ...columns.map(({ name, value }) => (100 * of(method.groups[name]![value]!).accuracy).toFixed(1)),
    ]),
  );
  const table = renderTable(
    [
      { head: "method", align: "left" },
      { head: "by", align: "left" },
      ...["right, in percent", ...columns.map(({ value }) => value)].map(right),
    ],
    rows,
  );
  const { questions, chance } = first;
  const said = `${questions.toLocaleString("en")} question${questions === 1 ? "" : "s"}; guessing gets ${(100 * chance).toFixed(1)} percent.`;
  return [...methods.map(({ method, positions }) => `${method}: ${positions}`), table, said].join("\n");
};
