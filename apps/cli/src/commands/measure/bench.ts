/** `ropewalk bench`: the costs of prefill and decoding by context, of the plain and the extended model side by side. */
import { speedCurves } from "@ropewalk/charts";
import { beyondCapacity, type LanguageModel } from "@ropewalk/generation";
import type { Command } from "commander";
import { newBar } from "../../terminal/progress-bars.ts";
import { measureCosts, tokensOf, type ContextCosts, type Plan } from "../../bench/measure-costs.ts";
import { extendedWords, groupsAndWindow, type GroupsAndWindow } from "../../describe/extension-in-words.ts";
import { examples, modelArgument } from "../../terminal/help-texts.ts";
import { notice, noticeBeyondCapacity } from "../../terminal/notice.ts";
import { number, numberList } from "../../flags/parse-numbers.ts";
import { chosenFor, open, withModel } from "../../model/open-model.ts";
import { checkCount, withSharedOptions, type SharedOptions } from "../../flags/shared.ts";
import { renderSpeeds } from "../../render/speeds.ts";
import { bytes } from "../../render/units.ts";
import { svgPath, writeSvg } from "../../pictures/write-svg.ts";

type BenchOptions = SharedOptions &
  Plan & {
    readonly chunkSize?: number;
    readonly svg?: string;
  };

/** @throws RangeError when a count is no positive integer, or the contexts do not ascend */
const checkPlan = ({ contexts, steps, rounds, seed, chunkSize }: BenchOptions): void => {
  contexts.forEach((context, index) => {
    checkCount("bench", "--contexts", context);
    if (index > 0 && context <= contexts[index - 1]!)
      throw new RangeError(`bench: --contexts must ascend, got ${context} behind ${contexts[index - 1]}`);
  });
  checkCount("bench", "--steps", steps);
  checkCount("bench", "--rounds", rounds);
  if (chunkSize !== undefined) checkCount("bench", "--chunk-size", chunkSize);
  if (!Number.isInteger(seed)) throw new RangeError(`bench: --seed must be an integer, got ${seed}`);
};

/** A measured model, with its method's name and its extension in words. */
type Contender = {
  readonly name: string;
  readonly words: string;
  readonly numbers: GroupsAndWindow;
  readonly model: LanguageModel;
};

/** A cost as tokens per second and as milliseconds per token. */
const rated = (millisecondsPerToken: number) => ({
  tokensPerSecond: 1000 / millisecondsPerToken,
  millisecondsPerToken,
});

const reportOf = (
  contenders: readonly Contender[],
  all: readonly ContextCosts[],
  { steps, rounds, backend }: BenchOptions,
  peakMemoryBytes: number,
) => ({
  backend,
  steps,
  rounds,
  runs: all.flatMap(({ context, costs }) =>
    costs.map(({ prefill, decode, keyValueBytes }, index) => {
      const { name, words, numbers, model } = contenders[index]!;
      return {
        context,
        method: name,
        positions: words,
        ...numbers,
        beyondCapacity: beyondCapacity(model.extended, context + steps) !== undefined,
        prefill: rated(prefill),
        decode: rated(decode),
        keyValueBytes,
      };
    }),
  ),
  ratios: all.flatMap(({ context, costs }) =>
    costs.flatMap(({ ratio, keyValueBytes }) =>
      ratio ? [{ context, ...ratio, keyValueBytes: keyValueBytes / costs[0]!.keyValueBytes }] : [],
    ),
  ),
  peakMemoryBytes,
});

/** The plain model; undefined, with a notice, for an export that only runs under its own extension. */
const plainOf = async (model: LanguageModel): Promise<LanguageModel | undefined> => {
  try {
    return await model.withExtension({});
  } catch (error) {
    if (model.source.kind !== "export" || !(error instanceof RangeError)) throw error;
    notice(`bench: the extended model is measured alone, since the plain one cannot run: ${error.message}`);
    return undefined;
  }
};

const bench = async (path: string, options: BenchOptions): Promise<void> => {
  checkPlan(options);
  const { contexts, steps, rounds, chunkSize } = options;
  const svg = await svgPath(options, "bench.svg");
  const opened = await open(path, options);
  const length = contexts.at(-1)! + steps;
  await withModel("bench", { opened, options, length }, async (model, signal) => {
    // Without an extension the model is measured alone.
    const { name, extension } = chosenFor(opened, options, length);
    const asIs = Object.keys(extension).length === 0;
    const alone = asIs ? model : await plainOf(model);
    const plain: readonly Contender[] = alone
      ? [{ name: "none", words: extendedWords(alone.extended.positions.name, {}), numbers: {}, model: alone }]
      : [];
    const words = extendedWords(model.extended.positions.name, extension);
    const extended: readonly Contender[] = asIs ? [] : [{ name, words, numbers: groupsAndWindow(extension), model }];
    const contenders = [...plain, ...extended];
    for (const contender of contenders) noticeBeyondCapacity("bench", contender.model, length);

    const bar = newBar("{value} of {total} tokens");
    bar.start(tokensOf(options, contenders.length), 0);
    const onTokens = (count: number): void => bar.increment(count);
    const models = contenders.map((contender) => contender.model);
    const all = await measureCosts(models, options, { chunkSize, signal, onTokens }).finally(() => bar.stop());
    // In kilobytes of 1,024 bytes.
    const peakMemory = 1024 * process.resourceUsage().maxRSS;

    const titled = contenders.map((contender) => `${contender.name}: ${contender.words}`);
    const marks = [{ at: opened.source.decoder.trainedContext, label: "trained window" }];
    const title = `${opened.source.name} on ${options.backend}`;
    if (options.json) process.stdout.write(`${JSON.stringify(reportOf(contenders, all, options, peakMemory))}\n`);
    else {
      const names = contenders.map((contender) => contender.name);
      const said = `Figures are medians (rounds ${rounds}, steps of decoding ${steps}).\nPeak memory of the process: ${bytes(peakMemory)}.`;
      process.stdout.write(`${titled.join("\n")}\n${renderSpeeds(names, all)}\n${said}\n`);
    }
    const picture = (): string => speedCurves({ title, names: titled, contexts: all, marks });
    await writeSvg({ svg, json: options.json, said: "The same as curves" }, picture);
  });
};

export const addBench = (program: Command): void => {
  withSharedOptions(
    program
      .command("bench")
      .description("measure prefill and decoding by context, the model as it is and extended side by side")
      .argument("<model>", modelArgument)
      .option("--contexts <tokens>", "tokens of the prompt, ascending, by comma", numberList, [512, 2048, 8192])
      .option("--steps <n>", "tokens decoded behind each prompt", number, 16)
      .option("--rounds <n>", "how often each is measured; the median counts", number, 5)
      .option("--seed <n>", "the same seed gives the same tokens", number, 0)
      .option("--chunk-size <tokens>", "tokens of a prefill chunk, at most", number)
      .option("--svg <file>", "where the curves go; absent: bench.svg, or nowhere with --json"),
    "self-extend",
  )
    .addHelpText(
      "after",
      examples("ropewalk bench stories260K --contexts 512,2048", "ropewalk bench stories260K --method yarn --json"),
    )
    .action(bench);
};
