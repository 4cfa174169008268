// The limits of an evaluation. A few bytes of a file can ask for arrays of any size and for any number of steps. Both are therefore
// counted before anything is allocated:
//
//   work(node) = 64 (1 + values) + inputs * elements made + elements read
//
// and the work that an operator states of itself, such as the inner size of a MatMul.

import { formatDims } from "../arrays/dims.ts";
import { fail } from "../fail.ts";

/** What an evaluation may still use. Evaluations take their steps off it, so that several can share one budget. */
export type Budget = {
  /** How many elements all computed values may have together at any time. */
  readonly maxElements: number;
  /** How many element-wise steps are left. */
  work: number;
};

/** Enough for a model of some millions of weights; a loop without an end is stopped. */
export const defaultBudget = (): Budget => ({ maxElements: 2 ** 27, work: 2 ** 30 });

/** More axes than any runtime has. */
const maxAxes = 32;

/** The number of elements of a shape, with axes of size 0 counted as size 1, since loops over the other axes run all the same. */
export const extentOf = (dims: readonly number[]): number => dims.reduce((all, dim) => all * Math.max(1, dim), 1);

/** Takes steps off the budget; `at` names the node in errors. */
export const spend = (budget: Budget, at: string, work: number): void => {
  if (!(work <= budget.work))
    fail(`evaluate: ${at} must be done in the steps that are left, ${budget.work}, got ${work} more`);
  budget.work -= work;
};

/** Checks that sizes are valid, and that so many elements may be added to the `alive` ones. */
export const checkExtent = (budget: Budget, at: string, dims: readonly number[], alive: number): void => {
  if (dims.length > maxAxes) fail(`evaluate: ${at} must have at most ${maxAxes} axes, got ${dims.length}`);
  if (!dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0))
    fail(`evaluate: ${at} must have sizes that are integers of at least 0, got ${formatDims(dims)}`);
  const extent = extentOf(dims);
  if (!(alive + extent <= budget.maxElements))
    fail(`evaluate: ${at} must leave at most ${budget.maxElements} elements at once, got ${formatDims(dims)} more`);
};
