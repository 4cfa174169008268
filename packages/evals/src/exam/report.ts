/**
 * How many answers are right, and how sure that number is:
 *
 *   accuracy         right / questions, 0 to 1
 *   standard error   sqrt(accuracy (1 - accuracy) / (questions - 1)); null for a single question
 */
import { checkList } from "@ropewalk/check";
import type { ExamAnswer } from "./run-exam.ts";

export type Accuracy = { readonly accuracy: number; readonly standardError: number | null };

export type ExamScore = { readonly questions: number; readonly bySum: Accuracy; readonly byCharacter: Accuracy };

export type ExamReport = ExamScore & {
  /** The accuracy of guessing, on average. */
  readonly chance: number;
  /** Questions whose middle was left out. */
  readonly truncated: number;
  /** By what the lines state: difficulty, length, domain. */
  readonly groups: Readonly<Record<string, Readonly<Record<string, ExamScore>>>>;
};

const accuracyOf = (right: readonly boolean[]): Accuracy => {
  const accuracy = right.filter(Boolean).length / right.length;
  return {
    accuracy,
    standardError: right.length === 1 ? null : Math.sqrt((accuracy * (1 - accuracy)) / (right.length - 1)),
  };
};

const scoreOf = (answers: readonly ExamAnswer[]): ExamScore => ({
  questions: answers.length,
  bySum: accuracyOf(answers.map(({ answer, bySum }) => answer === bySum)),
  byCharacter: accuracyOf(answers.map(({ answer, byCharacter }) => answer === byCharacter)),
});

/** Scores of answers in any order. */
export const examReport = (answers: readonly ExamAnswer[]): ExamReport => {
  checkList("examReport", "answers", answers);
  const names = [...new Set(answers.flatMap(({ groups }) => Object.keys(groups)))];
  const groups = names.map((name) => {
    const values = [...new Set(answers.flatMap((answer) => answer.groups[name] ?? []))];
    const scores = values.map((value) => [value, scoreOf(answers.filter((answer) => answer.groups[name] === value))]);
    return [name, Object.fromEntries(scores) as Readonly<Record<string, ExamScore>>] as const;
  });
  return {
    ...scoreOf(answers),
    chance: answers.reduce((sum, { logLikelihoods }) => sum + 1 / logLikelihoods.length, 0) / answers.length,
    truncated: answers.filter(({ truncated }) => truncated).length,
    groups: Object.fromEntries(groups),
  };
};
