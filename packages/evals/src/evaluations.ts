/** The kinds of evaluations, a row each. Sweeps, workers and queues know them by this table alone. */
import { checkOneOf } from "@ropewalk/check";
import { entropiesEvaluation } from "./entropies/evaluation.ts";
import type { Evaluation } from "./evaluation.ts";
import { examEvaluation } from "./exam/evaluation.ts";
import { longBenchEvaluation } from "./longbench/evaluation.ts";
import { passkeyEvaluation } from "./passkey/evaluation.ts";
import { writtenPasskeyEvaluation } from "./passkey/written-prompts.ts";
import { perplexityEvaluation } from "./perplexity/evaluation.ts";
import { taskEvaluation } from "./task/evaluation.ts";

/** Parameters out of a file are anybody's until the row's own check has read them. */
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

/** By their kinds. */
export const evaluations: Readonly<Record<string, Evaluation>> = Object.fromEntries(
  rows.map((evaluation) => [evaluation.kind, evaluation]),
);

/**
 * The evaluation of a kind that a file or a message names.
 *
 * @throws RangeError that lists the kinds, TypeError when it is no text
 */
export const evaluationOf = (where: string, kind: unknown): Evaluation => {
  checkOneOf(where, "kind", kind, Object.keys(evaluations));
  return evaluations[kind]!;
};
