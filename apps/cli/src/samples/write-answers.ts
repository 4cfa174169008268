/** Writes the answers of every method as lines of JSON, when --answers asks for them. */
import { writeResult } from "../output/write-result.ts";
import type { MethodAnswers } from "./run-samples.ts";

const answerLines = (methods: readonly MethodAnswers<object>[]): string =>
  methods
    .flatMap(({ method, answers }) => answers.map((answer) => `${JSON.stringify({ method, ...answer })}\n`))
    .join("");

export const writeAnswers = async (
  { answers, json }: { readonly answers?: string; readonly json?: boolean },
  methods: readonly MethodAnswers<object>[],
): Promise<void> => {
  if (answers === undefined) return;
  await writeResult("--answers", answers, answerLines(methods));
  if (!json) process.stdout.write(`\nThe answers: ${answers}\n`);
};
