/**
 * RULER's scores: which of the right answers r_1 … r_n occur in the model's answer. Case is ignored:
 *
 *   all    the share of the r_i that occur
 *   part   1 when any r_i occurs, else 0
 */

const occurs = (answer: string, right: string): boolean => answer.toLowerCase().includes(right.toLowerCase());

/** @param answers - at least one */
export const stringMatchAll = (answer: string, answers: readonly string[]): number =>
  answers.filter((right) => occurs(answer, right)).length / answers.length;

/** @param answers - at least one */
export const stringMatchPart = (answer: string, answers: readonly string[]): number =>
  answers.some((right) => occurs(answer, right)) ? 1 : 0;
