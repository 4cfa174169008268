/**
 * Splits positions into pages, so that two short tables serve long sequences. For the token i = a P + b, with b < P:
 *
 *     p(i) = p(a P) + p(b) - p(0)
 *
 * This holds for the positions i, floor(i / G), i / s and constants, if P is a multiple of the group size G. A rotation by p(i) is
 * then a rotation by the page a, and one by the place b in the page.
 */
import { check } from "../../errors.ts";

/** The position of token i. */
export type PositionOf = (i: number) => number;

/** The longest sequence that a rewritten graph has tables for, in tokens. */
export const maxTokens: number = 2 ** 20;

const [leastPage, longestPage] = [1024, 4096];

/** Whether a page size splits a function. All of the first pages is tried, and the middle and the end of the others. */
const splits = (position: PositionOf, page: number): boolean => {
  const holds = (a: number, b: number): boolean => {
    const [whole, parts] = [position(a * page + b), position(a * page) + position(b) - position(0)];
    return Math.abs(whole - parts) <= 1e-9 * Math.max(1, Math.abs(whole));
  };
  const within = Array.from({ length: page }, (_, b) => b);
  const pages = Array.from({ length: Math.ceil(maxTokens / page) }, (_, a) => a);
  return (
    pages.every((a) => holds(a, page - 1) && holds(a, Math.floor(page / 2))) &&
    [1, 2, 3].every((a) => within.every((b) => holds(a, b)))
  );
};

/**
 * The page size that splits all of these functions.
 *
 * @throws RangeError that has the mapping's name, when there is none
 */
export const pageSize = (name: string, positions: readonly PositionOf[]): number => {
  for (let page = leastPage; page <= longestPage; page++)
    if (positions.every((position) => splits(position, page))) return page;
  check(false, `positions must split into pages of ${leastPage} to ${longestPage} tokens`, name);
  return leastPage;
};
