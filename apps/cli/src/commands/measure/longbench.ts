/** `ropewalk longbench`: files in LongBench's and L-Eval's form, answered and scored. */
import {
  longBenchReport,
  longBenchSamples,
  longBenchEvaluation,
  type LongBenchAnswer,
  type LongBenchParams,
} from "@ropewalk/evals";
import type { Command } from "commander";
import { withoutUndefined } from "../../flags/without-undefined.ts";
import { examples, modelArgument } from "../../terminal/help-texts.ts";
import { notice } from "../../terminal/notice.ts";
import { number } from "../../flags/parse-numbers.ts";
import { open } from "../../model/open-model.ts";
import { withSharedOptions, type SharedOptions } from "../../flags/shared.ts";
import { renderLongBench } from "../../render/longbench.ts";
import { writeAnswers } from "../../samples/write-answers.ts";
import { openFiles } from "../../samples/sample-files.ts";
import { runSamples } from "../../samples/run-samples.ts";
import { workersFor, workersOption } from "../../pool/side-by-side.ts";
import { checkWritable } from "../../output/write-result.ts";
import { variantsOf, withVariants, type VariantOptions } from "../../flags/variants.ts";

type LongBenchOptions = SharedOptions &
  VariantOptions & {
    readonly data: readonly string[];
    readonly prompts: string;
    readonly maxNew?: string;
    readonly metrics?: string;
    readonly length?: number;
    readonly promptTokens?: number;
    readonly limit?: number;
    /** Absent: each dataset's own rule. */
    readonly chat?: boolean;
    readonly answers?: string;
    readonly workers?: number;
  };

const paramsOf = (
  options: LongBenchOptions,
  trainedContext: number,
  nameOf: (path: string) => string,
): LongBenchParams => {
  const { length = trainedContext, promptTokens, limit, chat } = options;
  const [prompts, maxNew, metrics] = [options.prompts, options.maxNew, options.metrics].map((path) =>
    path === undefined ? undefined : nameOf(path),
  );
  const asked = { data: options.data.map(nameOf), prompts, maxNew, metrics, length, promptTokens, limit, chat };
  return longBenchEvaluation.check("longbench", withoutUndefined(asked));
};

const longbench = async (model: string, options: LongBenchOptions): Promise<void> => {
  if (options.answers !== undefined) await checkWritable("--answers", options.answers);
  const optional = (name: string | undefined): readonly string[] => (name === undefined ? [] : [name]);
  const { read, texts, nameOf } = await openFiles({
    "--data": options.data,
    "--prompts": [options.prompts],
    "--max-new": optional(options.maxNew),
    "--metrics": optional(options.metrics),
  });
  const opened = await open(model, options);
  const params = paramsOf(options, opened.source.decoder.trainedContext, nameOf);
  // Checks that all lines can be read, before weights are loaded.
  const { samples, skipped } = await longBenchSamples(params, read);
  for (const [judge, lines] of Object.entries(skipped))
    notice(`longbench: ${lines} line${lines === 1 ? "" : "s"} left out, to be judged by ${judge}`);
  const workers = workersFor("longbench", model, options.workers);
  const methods = await runSamples<LongBenchParams, LongBenchAnswer>(
    {
      command: "longbench",
      model,
      opened,
      options,
      workers,
      texts,
      kind: "longbench",
      params,
      samples: samples.length,
      tokensOf: ({ promptTokens }, index) => promptTokens + samples[index]!.maxNewTokens,
    },
    variantsOf(options),
  );

  const scores = methods.map(({ answers, ...method }) => ({ ...method, ...longBenchReport(answers) }));
  if (options.json) {
    const { length, promptTokens } = params;
    const report = { length, ...(promptTokens !== undefined && { promptTokens }), methods: scores, skipped };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  } else process.stdout.write(`${renderLongBench(scores)}\n`);
  await writeAnswers(options, methods);
};

export const addLongBench = (program: Command): void => {
  const command = withVariants(
    withSharedOptions(
      program
        .command("longbench")
        .description("answer files in LongBench's or L-Eval's form, and score them by dataset")
        .argument("<model>", modelArgument)
        .requiredOption("--data <files...>", "files of JSON lines; - is standard input")
        .requiredOption("--prompts <file>", "the prompts by dataset, as LongBench's dataset2prompt.json")
        .option("--max-new <file>", "tokens of an answer by dataset, as dataset2maxlen.json; absent: as published")
        .option("--metrics <file>", "metrics by dataset, for data of one's own; absent: as published")
        .option(
          "--length <tokens>",
          "tokens of prompt and answer, at most; longer prompts lose their middle; absent: the trained window",
          number,
        )
        .option(
          "--prompt-tokens <n>",
          "tokens that a prompt is cut to, chat template aside; absent: what the length leaves",
          number,
        )
        .option("--limit <n>", "samples of a dataset, the first ones; absent: all", number)
        .option("--chat", "every prompt is a message in the chat template; absent: as LongBench has it by dataset")
        .option("--no-chat", "no prompt is")
        .option("--answers <file>", "where the answers go, as lines of JSON")
        .addOption(workersOption()),
    ),
  );
  command.setOptionValueWithSource("chat", undefined, "default");
  command
    .addHelpText(
      "after",
      examples(
        "ropewalk longbench ./my-model --data *.jsonl --prompts dataset2prompt.json",
        "ropewalk longbench ./my-model --data a.jsonl --prompts p.json --method yarn",
      ),
    )
    .action(longbench);
};
