/**
 * The work that a chat template may do. A template is a program that somebody else wrote: it may loop, double a text, or write a megabyte for
 * a letter. Work is counted in units of a few nanoseconds or bytes: a step of the program is 20 units, a character that is read or written is
 * 1, an element of a list is a few.
 */

/** Thrown where a template does more work than it may. */
export class TemplateLimit extends Error {}

export type Budget = {
  /** Takes units off the budget. @throws TemplateLimit where fewer are left */
  readonly spend: (units: number) => void;
};

/** The units that any template has, and the units for each character that it is given. */
const base = 1 << 24;
const perCharacter = 64;
/** A message or a key counts as many characters. */
const perValue = 128;

/** The size of a value in characters. Each value counts some characters of its own. */
const sizeOf = (value: unknown): number => {
  if (typeof value === "string") return value.length + perValue;
  if (typeof value !== "object" || value === null) return perValue;
  return Object.values(value).reduce((sum: number, one) => sum + sizeOf(one), perValue);
};

export const budgetFor = (messages: unknown): Budget => {
  const most = base + perCharacter * sizeOf(messages);
  let left = most;
  return {
    spend: (units) => {
      left -= units;
      if (!(left >= 0)) throw new TemplateLimit(`must do at most ${most} units of work for the messages`);
    },
  };
};
