/** `ropewalk perplexity`: how well a model predicts the next token of a text, by position. */
import { lossCurves, type LossCurves } from "@ropewalk/charts";
import { perplexity, tokenStream, type MeanLoss, type Perplexity } from "@ropewalk/evals";
import { beyondCapacity, type LanguageModel } from "@ropewalk/generation";
import type { Command } from "commander";
import { newBar } from "../bars.ts";
import { extendedWords, groupsAndWindow } from "../describe.ts";
import { examples, modelArgument } from "../help.ts";
import { noticeBeyondCapacity } from "../notice.ts";
import { number } from "../numbers.ts";
import { chosenFor, open, withModel } from "../open-model.ts";
import { withSharedOptions, type SharedOptions } from "../options.ts";
import { readText } from "../read-input.ts";
import { renderLosses } from "../render/losses.ts";
import { svgPath, writeSvg } from "../svg-path.ts";

type PerplexityOptions = SharedOptions & {
  readonly text: string;
  readonly separator?: string;
  readonly length?: number;
  readonly windows: number;
  readonly bucket: number;
  readonly chunkSize?: number;
  readonly svg?: string;
};

/** With the trained window and the capacity marked, where they lie inside. */
const curveOf = (
  title: string,
  { decoder, capacity }: LanguageModel["extended"],
  { buckets }: Perplexity,
): LossCurves => {
  const { trainedContext } = decoder;
  const marks = [
    { at: trainedContext, label: "trained window" },
    ...(capacity === trainedContext ? [] : [{ at: capacity, label: "capacity" }]),
  ];
  return { curves: [{ name: title, buckets }], marks };
};

/** A mean as the table has it; JSON says null where nothing was scored. */
const meanReport = ({ loss, tokens }: MeanLoss) => ({
  ...(tokens === 0 ? { loss: null, perplexity: null } : { loss, perplexity: Math.exp(loss) }),
  tokens,
});

const measure = async (path: string, options: PerplexityOptions): Promise<void> => {
  const text = await readText("--text", options.text);
  const svg = await svgPath(options, "perplexity.svg");
  const opened = await open(path, options);
  const { separator, windows, bucket, chunkSize, length = opened.source.decoder.trainedContext } = options;
  const { ids, masked } = tokenStream(opened, text, { length, windows, separator });
  await withModel("perplexity", { opened, options, length }, async (model, signal) => {
    noticeBeyondCapacity("perplexity", model, length);
    const bar = newBar("{value} of {total} tokens");
    bar.start(length * windows, 0);
    const onProgress = (done: number): void => bar.update(done);
    const asked = { length, windows, bucket, masked, chunkSize, signal, onProgress };
    const losses = await perplexity(model, ids, asked).finally(() => bar.stop());

    const { extended } = model;
    const { name, extension } = chosenFor(opened, options, length);
    const title = extendedWords(extended.positions.name, extension);
    if (options.json) {
      const report = {
        ...{ method: name, positions: title, ...groupsAndWindow(extension), length, windows },
        beyondCapacity: beyondCapacity(extended, length) !== undefined,
        buckets: losses.buckets.map(({ from, to, ...mean }) => ({ from, to, ...meanReport(mean) })),
        ...meanReport(losses),
      };
      process.stdout.write(`${JSON.stringify(report)}\n`);
    } else process.stdout.write(`${title}\n${renderLosses(losses)}\n`);
    await writeSvg({ svg, json: options.json, said: "The same as a curve" }, () =>
      lossCurves(curveOf(title, extended, losses)),
    );
  });
};

export const addPerplexity = (program: Command): void => {
  withSharedOptions(
    program
      .command("perplexity")
      .description("print the mean loss of a text by position, in nats per token")
      .argument("<model>", modelArgument)
      .requiredOption("--text <file>", "the text; - is standard input")
      .option(
        "--separator <text>",
        "what stands between documents; each then begins anew, and its beginning is not scored",
      )
      .option("--length <tokens>", "tokens of a window; absent: the trained window", number)
      .option(
        "--windows <n>",
        "windows, one behind another in the text, each starting with nothing before it",
        number,
        8,
      )
      .option("--bucket <tokens>", "positions that share a mean", number, 512)
      .option("--chunk-size <tokens>", "tokens a prefill chunk, at most", number)
      .option("--svg <file>", "where the curve goes; absent: perplexity.svg, or nowhere with --json"),
  )
    .addHelpText(
      "after",
      examples(
        "ropewalk perplexity stories260K --text a.txt",
        "ropewalk perplexity stories260K --text a.txt --length 2048 --method yarn",
      ),
    )
    .action(measure);
};
