/** The table of evaluations, one row for each kind. Sweeps, workers and queues know evaluations only from this table. */
import { checkOneOf } from "@ropewalk/check";
import { entropiesEvaluation } from "./entropies/evaluation.ts";
import type { Evaluation } from "./evaluation.ts";
import { examEvaluation } from "./exam/evaluation.ts";
import { longBenchEvaluation } from "./longbench/evaluation.ts";
import { passkeyEvaluation } from "./passkey/evaluation.ts";
import { writtenPasskeyEvaluation } from "./passkey/written-prompts.ts";
import { perplexityEvaluation } from "./perplexity/evaluation.ts";
import { taskEvaluation } from "./task/evaluation.ts";

/** A row without its parameters' type: parameters from a file have no type until the row has checked them. */
const row = <Params extends object, Result extends object>(evaluation: Evaluation<Params, Result>): Evaluation =>
  evaluation as unknown as Evaluation;

const rows: readonly Evaluation[] = [
  row(passkeyEvaluation),
  row(writtenPasskeyEvaluation),
  row(perplexityEvaluation),
  row(taskEvaluation),
  row(longBenchEvaluation),
  row(entropiesEvaluation),
  row(examEvaluation),
];

/** The evaluations by kind. */
export const evaluations: Readonly<Record<string, Evaluation>> = Object.fromEntries(
  rows.map((evaluation) => [evaluation.kind, evaluation]),
);

/**
 * The evaluation of a kind that a file or a message names.
 *
 * @throws RangeError that lists the kinds; TypeError when the kind is not text
 */
export const evaluationOf = (where: string, kind: unknown): Evaluation => {
  checkOneOf(where, "kind", kind, Object.keys(evaluations));
  return evaluations[kind]!;
};
