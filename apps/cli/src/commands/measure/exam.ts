/** `ropewalk exam`: multiple choice by the likelihood of the options, plain and extended side by side. */
import { examEvaluation, examQuestions, examReport, type ExamAnswer, type ExamParams } from "@ropewalk/evals";
import { Option, type Command } from "commander";
import { withoutUndefined } from "../../flags/without-undefined.ts";
import { examples, modelArgument } from "../../terminal/help-texts.ts";
import { number } from "../../flags/parse-numbers.ts";
import { open } from "../../model/open-model.ts";
import { withSharedOptions, type SharedOptions } from "../../flags/shared.ts";
import { renderExam } from "../../render/exam.ts";
import { writeAnswers } from "../../samples/write-answers.ts";
import { openFiles } from "../../samples/sample-files.ts";
import { besidePlain, runSamples, type MethodAnswers } from "../../samples/run-samples.ts";
import { workersFor, workersOption } from "../../pool/side-by-side.ts";
import { checkWritable } from "../../output/write-result.ts";
import { withVariants, type VariantOptions } from "../../flags/variants.ts";

type ExamOptions = SharedOptions &
  VariantOptions & {
    readonly data: readonly string[];
    readonly options: "texts" | "letters";
    readonly prompt?: string;
    readonly joint?: string;
    readonly length?: number;
    readonly limit?: number;
    readonly answers?: string;
    readonly workers?: number;
  };

const paramsOf = (asked: ExamOptions, trainedContext: number, nameOf: (path: string) => string): ExamParams => {
  const { options, joint, length = trainedContext, limit } = asked;
  const prompt = asked.prompt === undefined ? undefined : nameOf(asked.prompt);
  const given = { data: asked.data.map(nameOf), options, prompt, joint, length, limit };
  return examEvaluation.check("exam", withoutUndefined(given));
};

type Answers = MethodAnswers<ExamAnswer>;

/** Compares each method with the first one: questions that only the method answers right, and that only the first answers right. */
const besideFirst = (methods: readonly Answers[]) => {
  const isRight = ({ answers }: Answers): readonly boolean[] => answers.map(({ answer, bySum }) => answer === bySum);
  const [first, ...others] = methods as readonly [Answers, ...Answers[]];
  const before = isRight(first);
  return others.map((method) => {
    const after = isRight(method);
    return {
      method: method.method,
      gained: after.filter((right, index) => right && !before[index]).length,
      lost: after.filter((right, index) => !right && before[index]).length,
    };
  });
};

const run = async (model: string, options: ExamOptions): Promise<void> => {
  if (options.answers !== undefined) await checkWritable("--answers", options.answers);
  const { read, texts, nameOf } = await openFiles({
    "--data": options.data,
    "--prompt": options.prompt === undefined ? [] : [options.prompt],
  });
  const opened = await open(model, options);
  const params = paramsOf(options, opened.source.decoder.trainedContext, nameOf);
  // Checks that all lines can be read, before weights are loaded.
  const questions = await examQuestions(params, read);
  const methods = await runSamples<ExamParams, ExamAnswer>(
    {
      command: "exam",
      model,
      opened,
      options,
      texts,
      kind: "exam",
      params,
      workers: workersFor("exam", model, options.workers),
      samples: questions.length,
      tokensOf: ({ tokens }) => tokens,
    },
    besidePlain(opened, options, params.length),
  );

  const scores = methods.map(({ answers, ...method }) => ({ ...method, ...examReport(answers) }));
  const compared = besideFirst(methods);
  if (options.json) {
    const report = { length: params.length, options: params.options, methods: scores, besideFirst: compared };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  } else {
    const said = compared.map(
      ({ method, gained, lost }) =>
        `Beside ${methods[0]!.method}, by the sum, ${method} gets ${gained} more right and ${lost} others wrong.`,
    );
    process.stdout.write(`${[renderExam(scores), ...said].join("\n")}\n`);
  }
  await writeAnswers(options, methods);
};

export const addExam = (program: Command): void => {
  const command = withVariants(
    withSharedOptions(
      program
        .command("exam")
        .description("multiple choice by the likelihood of the options; one extension stands beside the plain model")
        .argument("<model>", modelArgument)
        .requiredOption("--data <files...>", "files of JSON lines; - is standard input")
        .addOption(
          new Option("--options <kind>", "what stands behind a question: each choice's text, or its letter")
            .choices(["texts", "letters"])
            .default("texts"),
        )
        .option(
          "--prompt <file>",
          'a text with {question}, {context} and, for letters, {choices} in it; absent: context, question and "Answer:"',
        )
        .option("--joint <text>", "what stands between question and option; absent: a space")
        .option(
          "--length <tokens>",
          "the length that extensions are for, and question and option have at most; absent: the trained window",
          number,
        )
        .option("--limit <n>", "questions of a file, the first ones; absent: all", number)
        .option("--answers <file>", "where the answers go, as lines of JSON")
        .addOption(workersOption()),
    ),
  );
  command
    .addHelpText(
      "after",
      examples(
        "ropewalk exam ./my-model --data arc.jsonl --length 8192 --method self-extend",
        "ropewalk exam ./my-model --data v2.json --options letters --method none,yarn",
      ),
    )
    .action(run);
};
