/** Tables of at most 80 columns. A text column that is too wide is broken into lines. */
import CliTable from "cli-table3";

export type Column = {
  readonly head: string;
  readonly align: "left" | "right";
};

/** Columns of the narrowest common terminal. */
export const terminalWidth = 80;

/** Columns of a cell beside its text: a space on both sides, and a line. */
const frame = 3;

/** The widths, with the widest text column cut down until the table fits. */
const fitted = (columns: readonly Column[], widths: readonly number[]): readonly number[] => {
  const room = terminalWidth - 1 - columns.length * frame;
  const excess = widths.reduce((sum, width) => sum + width, 0) - room;
  if (excess <= 0) return widths;
  const texts = widths.filter((_, column) => columns[column]!.align === "left");
  const widest = widths.findIndex((width, column) => columns[column]!.align === "left" && width === Math.max(...texts));
  return widths.map((width, column) => (column === widest ? Math.max(8, width - excess) : width));
};

export const renderTable = (columns: readonly Column[], rows: readonly (readonly string[])[]): string => {
  const natural = columns.map(({ head }, column) => Math.max(head.length, ...rows.map((row) => row[column]!.length)));
  const widths = fitted(columns, natural);
  const table = new CliTable({
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ align }) => align),
    colWidths: widths.map((width) => width + frame - 1),
    wordWrap: true,
    wrapOnWordBoundary: false,
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push([...row]);
  return table.toString();
};
