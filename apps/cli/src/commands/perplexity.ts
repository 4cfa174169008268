/** `ropewalk perplexity`: how well a model predicts the next token of a text, by position. */
import { perplexity, tokenStream, type Perplexity } from "@ropewalk/evals";
import type { LanguageModel } from "@ropewalk/generation";
import type { Command } from "commander";
import { readFile, writeFile } from "node:fs/promises";
import { newBar } from "../bars.ts";
import { noticeBeyondCapacity } from "../notice.ts";
import { open, withModel, modelArgument } from "../open-model.ts";
import { number, withSharedOptions, type SharedOptions } from "../options.ts";
import { renderCurve, type Curve } from "../render/curve.ts";
import { renderLosses } from "../render/losses.ts";
import { svgPath } from "../svg-path.ts";

type PerplexityOptions = SharedOptions & {
  readonly text: string;
  readonly separator?: string;
  readonly length?: number;
  readonly windows: number;
  readonly bucket: number;
  readonly chunkSize?: number;
  readonly svg?: string;
};

const readText = (path: string): Promise<string> =>
  readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new Error(`--text: ${path} must be a readable file, got ${error.code}`, { cause: error });
  });

/** With the trained window and the capacity marked, where they lie inside. */
const curveOf = (title: string, { decoder, capacity }: LanguageModel["extended"], { buckets }: Perplexity): Curve => {
  const { trainedContext } = decoder;
  const marks = [
    { at: trainedContext, label: "trained window" },
    ...(capacity === trainedContext ? [] : [{ at: capacity, label: "capacity" }]),
  ];
  return { title, buckets, marks: marks.filter(({ at }) => at < buckets.at(-1)!.to) };
};

const measure = async (path: string, options: PerplexityOptions): Promise<void> => {
  const text = await readText(options.text);
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
    const title = extended.positions.name + (options.entropy === "none" ? "" : `, ${options.entropy}`);
    if (svg !== undefined) await writeFile(svg, renderCurve(curveOf(title, extended, losses)));
    if (options.json) {
      const buckets = losses.buckets.map(({ from, to, loss }) => ({ from, to, loss }));
      process.stdout.write(`${JSON.stringify({ buckets, tokens: losses.tokens })}\n`);
    } else process.stdout.write(`${title}\n${renderLosses(losses)}\n\nThe same as a curve: ${svg}\n`);
  });
};

export const addPerplexity = (program: Command): void => {
  withSharedOptions(
    program
      .command("perplexity")
      .description("print the mean loss of a text by position, in nats per token")
      .argument("<model>", modelArgument)
      .requiredOption("--text <file>", "the text")
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
  ).action(measure);
};
