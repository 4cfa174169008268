/** The results of a sweep in a terminal: a table for each group, methods down, lengths across. */
import pc from "picocolors";
import { renderTable } from "../../render/table.ts";
import { figureText, meanOf, type Group } from "./result-groups.ts";

/** The most lengths that a terminal holds beside a method's name. */
const mostAcross = 5;

/** The table of the first figure. The page shows the others. */
const table = (group: Group, lengths: readonly number[]): string => {
  const [figure = { name: "" }] = group.figures;
  return renderTable(
    [
      { head: "method", align: "left" },
      ...lengths.map((length) => ({ head: String(length), align: "right" }) as const),
    ],
    group.methods.map((method) => [
      method,
      ...lengths.map((length) => figureText(figure, meanOf(group, { method, length, figure: figure.name }))),
    ]),
  );
};

export const renderGroups = (groups: readonly Group[]): string =>
  groups
    .map((group) => {
      const { model, kind, about, lengths, figures } = group;
      const what = figures[0] === undefined ? "" : `, ${figures[0].name}`;
      const parts = Array.from({ length: Math.ceil(lengths.length / mostAcross) }, (_, part) =>
        table(group, lengths.slice(part * mostAcross, (part + 1) * mostAcross)),
      );
      return [pc.bold(`${model}: ${kind}${what}`), ...(about === "" ? [] : [about]), ...parts].join("\n");
    })
    .join("\n\n");
