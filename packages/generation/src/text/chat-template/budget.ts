/**
 * What a chat template may cost. A template is a program that somebody else wrote: it may loop, double a text, or write a megabyte
 * for a letter. Work is counted in units of some nanoseconds and bytes: a step of the program is 20, a character that is written or
 * looked at 1, a list's element a few.
 */

/** Thrown where a template does more than it may. */
export class TemplateLimit extends Error {}

export type Budget = {
  /** @throws TemplateLimit where less is left */
  readonly spend: (units: number) => void;
};

/** What any template may do, and more for each character and message that it is given. */
const base = 1 << 24;
const perCharacter = 64;
/** A message or a key counts as many characters. */
const perValue = 128;

/** Characters of a value, each value counted as some. */
const sizeOf = (value: unknown): number => {
  if (typeof value === "string") return value.length + perValue;
  if (typeof value !== "object" || value === null) return perValue;
  return Object.values(value).reduce((sum: number, one) => sum + sizeOf(one), perValue);
};

export const budgetFor = (given: unknown): Budget => {
  const most = base + perCharacter * sizeOf(given);
  let left = most;
  return {
    spend: (units) => {
      left -= units;
      if (!(left >= 0)) throw new TemplateLimit(`must do at most ${most} units of work for the messages`);
    },
  };
};
