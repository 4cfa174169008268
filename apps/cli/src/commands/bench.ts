/** `ropewalk bench`: what prefill and decoding cost by context, the model as it is and extended side by side. */
import { beyondCapacity, type LanguageModel } from "@ropewalk/generation";
import type { Command } from "commander";
import { writeFile } from "node:fs/promises";
import { newBar } from "../bars.ts";
import { measureCosts, tokensOf, type ContextCosts, type Plan } from "../bench/measure.ts";
import { noticeBeyondCapacity } from "../notice.ts";
import { extensionFor, open, withModel, modelArgument } from "../open-model.ts";
import { checkCount, nameOf, number, numberList, withSharedOptions, type SharedOptions } from "../options.ts";
import { renderSpeedCurves } from "../render/speed-curves.ts";
import { renderSpeeds } from "../render/speeds.ts";
import { bytes } from "../render/units.ts";
import { svgPath } from "../svg-path.ts";

type BenchOptions = SharedOptions &
  Plan & {
    readonly chunkSize?: number;
    readonly svg?: string;
  };

/** @throws RangeError when a count is none, or the contexts do not ascend */
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

/** A model that takes part, under the name of its method. */
type Contender = { readonly name: string; readonly model: LanguageModel };

const plainName = nameOf({ method: "none", entropy: "none" });

/** An export that was extended before is extended also where no method is named. */
const extendedName = (options: BenchOptions): string =>
  nameOf(options) === plainName ? "its own extension" : nameOf(options);

/** Rates beside costs, for whoever reads one and not the other. */
const rated = (millisecondsPerToken: number) => ({
  tokensPerSecond: 1000 / millisecondsPerToken,
  millisecondsPerToken,
});

const reportOf = (
  contenders: readonly Contender[],
  all: readonly ContextCosts[],
  { steps }: Plan,
  peakMemoryBytes: number,
) => ({
  runs: all.flatMap(({ context, costs }) =>
    costs.map(({ prefill, decode, keyValueBytes }, index) => {
      const { name, model } = contenders[index]!;
      return {
        ...{ context, method: name, positions: model.extended.positions.name },
        beyondCapacity: beyondCapacity(model.extended, context + steps) !== undefined,
        ...{ prefill: rated(prefill), decode: rated(decode), keyValueBytes },
      };
    }),
  ),
  ratios: all.flatMap(({ context, costs }) => costs.flatMap(({ ratio }) => (ratio ? [{ context, ...ratio }] : []))),
  peakMemoryBytes,
});

const bench = async (path: string, options: BenchOptions): Promise<void> => {
  checkPlan(options);
  const { contexts, steps, rounds, chunkSize } = options;
  const svg = await svgPath(options, "bench.svg");
  const opened = await open(path, options);
  const length = contexts.at(-1)! + steps;
  await withModel("bench", { opened, options, length }, async (model, signal) => {
    // Without an extension the model is measured alone.
    const asIs = Object.keys(extensionFor(opened, options, length)).length === 0;
    const plain: Contender = {
      name: plainName,
      model: asIs ? model : await model.withExtension({}),
    };
    const contenders = asIs ? [plain] : [plain, { name: extendedName(options), model }];
    for (const contender of contenders) noticeBeyondCapacity("bench", contender.model, length);

    const bar = newBar("{value} of {total} tokens");
    bar.start(tokensOf(options, contenders.length), 0);
    const onTokens = (count: number): void => bar.increment(count);
    const models = contenders.map((contender) => contender.model);
    const all = await measureCosts(models, options, { chunkSize, signal, onTokens }).finally(() => bar.stop());
    // In kilobytes of 1,024 bytes.
    const peakMemory = 1024 * process.resourceUsage().maxRSS;

    const titled = contenders.map(({ name, model: { extended } }) => `${name}: ${extended.positions.name}`);
    const marks = [{ at: opened.source.decoder.trainedContext, label: "trained window" }];
    const title = `${opened.source.name} on ${options.backend}`;
    if (svg !== undefined) await writeFile(svg, renderSpeedCurves({ title, names: titled, contexts: all, marks }));
    if (options.json) {
      process.stdout.write(`${JSON.stringify(reportOf(contenders, all, options, peakMemory))}\n`);
      return;
    }
    const table = renderSpeeds(
      contenders.map(({ name }) => name),
      all,
    );
    const said = `Figures are medians (rounds ${rounds}, steps of decoding ${steps}). Peak memory of the process: ${bytes(peakMemory)}.`;
    process.stdout.write(`${titled.join("\n")}\n${table}\n${said}\n\nThe same as curves: ${svg}\n`);
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
      .option("--chunk-size <tokens>", "tokens a prefill chunk, at most", number)
      .option("--svg <file>", "where the curves go; absent: bench.svg, or nowhere with --json"),
    "self-extend",
  ).action(bench);
};
