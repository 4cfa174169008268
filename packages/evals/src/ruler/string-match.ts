/**
 * How RULER scores an answer against what is right, r of r_1 … r_n, by whether it occurs in the answer; case does not count:
 *
 *   all    the share of r that occur
 *   part   1 when any r occurs, else 0
 */

const occurs = (answer: string, right: string): boolean => answer.toLowerCase().includes(right.toLowerCase());

/** @param answers - at least one */
export const stringMatchAll = (answer: string, answers: readonly string[]): number =>
  answers.filter((right) => occurs(answer, right)).length / answers.length;

/** @param answers - at least one */
export const stringMatchPart = (answer: string, answers: readonly string[]): number =>
  answers.some((right) => occurs(answer, right)) ? 1 : 0;
