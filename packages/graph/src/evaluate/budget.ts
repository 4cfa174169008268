// What running a graph may cost. A few bytes of a file can ask for any size and any number of steps, so that both are
// counted before anything is allocated:
//
//   work(node) = 64 (1 + values) + inputs * elements made + elements read      and what an operator multiplies besides, as MatMul its inner size

import { formatDims } from "../arrays/dims.ts";
import { fail } from "../fail.ts";

/** What may still be taken. It is changed as it is spent, so that several evaluations may share one. */
export type Budget = {
  /** How many elements may be there at once, in all values that were computed. */
  readonly maxElements: number;
  /** How many element-wise steps are left. */
  work: number;
};

/** Enough for a model of some millions of weights, and an end for a loop that has none. */
export const defaultBudget = (): Budget => ({ maxElements: 2 ** 27, work: 2 ** 30 });

/** More axes than any runtime has. */
const maxAxes = 32;

/** Elements of a shape, or as many as it would have if axes of size 0 had size 1: what loops over its axes run through. */
export const extentOf = (dims: readonly number[]): number => dims.reduce((all, dim) => all * Math.max(1, dim), 1);

/** Takes steps off; `at` says for whom. */
export const spend = (budget: Budget, at: string, work: number): void => {
  if (!(work <= budget.work))
    fail(`evaluate: ${at} must be done in the steps that are left, ${budget.work}, got ${work} more`);
  budget.work -= work;
};

/** Checks that a shape is one, and that as many elements may be there besides those that are. */
export const checkExtent = (budget: Budget, at: string, dims: readonly number[], alive: number): void => {
  if (dims.length > maxAxes) fail(`evaluate: ${at} must have at most ${maxAxes} axes, got ${dims.length}`);
  if (!dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0))
    fail(`evaluate: ${at} must have sizes that are integers of at least 0, got ${formatDims(dims)}`);
  const extent = extentOf(dims);
  if (!(alive + extent <= budget.maxElements))
    fail(`evaluate: ${at} must leave at most ${budget.maxElements} elements at once, got ${formatDims(dims)} more`);
};
