/** Cells that do not fit or that failed, in words. */
import { notice } from "../../terminal/notice.ts";
import { plural } from "../../render/units.ts";
import { beyondMemory } from "./memory-limit.ts";
import type { PlannedCell } from "../plan/planned-cells.ts";
import { cellWords, type Failure } from "./run-cells.ts";

/** The cells that fit in memory, and those that do not, with the reason. */
export const fitting = (
  cells: readonly PlannedCell[],
  had: number,
): { readonly fit: readonly PlannedCell[]; readonly refused: readonly Failure[] } => {
  const fit: PlannedCell[] = [];
  const refused: Failure[] = [];
  for (const cell of cells) {
    const problem = beyondMemory(cell, had);
    if (problem === undefined) fit.push(cell);
    else refused.push({ cell, message: problem });
  }
  return { fit, refused };
};

/** Prints a line for each distinct failure with its first cell; of many failures only the first few. */
export const noticeFailures = (how: string, failures: readonly Failure[]): void => {
  const most = 5;
  const messages = [...new Set(failures.map(({ message }) => message))];
  for (const message of messages.slice(0, most)) {
    const [first, ...others] = failures.filter((failure) => failure.message === message);
    const more = others.length === 0 ? "" : `; so ${plural(others.length, "other cell")}`;
    notice(`sweep: ${cellWords(first!.cell)} ${how}: ${message}${more}`);
  }
  if (messages.length > most) notice(`sweep: and ${messages.length - most} more`);
};

export const failuresInWords = (failures: readonly Failure[], all: number): string => {
  const [{ cell, message }] = failures as readonly [Failure];
  const more = failures.length === 1 ? "" : `; and ${failures.length - 1} more`;
  return `sweep: ${failures.length} of ${plural(all, "cell")} could not be done: ${cellWords(cell)}: ${message}${more}`;
};
