/** Aligned Markdown tables that fit into a terminal of 80 columns. */

/** The first column is text; all others are numbers. */
export const renderTable = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = head.map((name, column) => Math.max(3, name.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join(" | ")} |`;
  const rule = widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
};

/** Stands for what was not measured yet. */
export const absent = "-";

export const nats = (loss: number | undefined): string => (loss === undefined ? absent : loss.toFixed(3));
