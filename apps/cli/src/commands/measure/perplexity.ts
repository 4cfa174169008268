/** `ropewalk perplexity`: how well a model predicts the next token of a text, by position and by length, methods side by side. */
import { curves, lossCurves } from "@ropewalk/charts";
import { extendDecoder } from "@ropewalk/decoder";
import { joinedReports, textOf, type PerplexityParams, type PerplexityReport } from "@ropewalk/evals";
import { beyondCapacity, type OpenedModel } from "@ropewalk/generation";
import { InvalidArgumentError, type Command } from "commander";
import type { GroupsAndWindow } from "../../describe/extension-in-words.ts";
import { examples, modelArgument } from "../../terminal/help-texts.ts";
import { notice } from "../../terminal/notice.ts";
import { number, distinctNumbers } from "../../flags/parse-numbers.ts";
import { extensionFor, open } from "../../model/open-model.ts";
import { checkCount, withSharedOptions, type SharedOptions } from "../../flags/shared.ts";
import { enoughTokens } from "../../input/enough-text.ts";
import { noticeSeparator } from "../../input/known-separators.ts";
import { readText } from "../../input/read-file.ts";
import { lossRows, renderLossesOfAll, renderLossRows } from "../../render/losses.ts";
import { jobsOf, runSideBySide, workersFor, workersOption, type NamedJob } from "../../pool/side-by-side.ts";
import { svgPath, writeSvg } from "../../pictures/write-svg.ts";
import { variantsOf, withVariants, type VariantOptions } from "../../flags/variants.ts";

type PerplexityOptions = SharedOptions &
  VariantOptions & {
    readonly text: string;
    readonly separator?: string;
    readonly length?: number;
    readonly lengths?: readonly number[];
    readonly windows: number;
    readonly stride?: number;
    readonly batch?: number;
    readonly bucket: number;
    readonly chunkSize?: number;
    readonly workers?: number;
    readonly svg?: string;
  };

/** The result of one method at one length. */
type Run = GroupsAndWindow &
  PerplexityReport & {
    readonly method: string;
    readonly positions: string;
    readonly length: number;
    readonly windows: number;
    readonly stride?: number;
    readonly beyondCapacity: boolean;
  };

const lengthsOf = ({ length, lengths }: PerplexityOptions, trainedContext: number): readonly number[] => {
  if (length !== undefined && lengths !== undefined)
    throw new InvalidArgumentError(`perplexity: --lengths must be absent beside --length, got ${lengths.join(",")}`);
  return lengths ?? [length ?? trainedContext];
};

/** The parameters of each length. The windows are split into `parts` for several workers. */
const paramsOf = (
  { text, separator, windows, stride, batch, bucket, chunkSize }: PerplexityOptions,
  lengths: readonly number[],
  parts: number,
): readonly PerplexityParams[] =>
  lengths.flatMap((length) => {
    const each = Math.ceil(windows / Math.min(parts, windows));
    return Array.from({ length: Math.ceil(windows / each) }, (_, part): PerplexityParams => {
      const skip = part * each;
      return {
        text,
        length,
        windows: Math.min(each, windows - skip),
        bucket,
        ...(separator !== undefined && { separator }),
        ...(stride !== undefined && { stride }),
        ...(skip > 0 && { skip }),
        ...(chunkSize !== undefined && { chunkSize }),
        ...(batch !== undefined && { batch }),
      };
    });
  });

/** Prints a notice for each run beyond its capacity. */
const noticeBeyond = (opened: OpenedModel, jobs: readonly NamedJob<PerplexityParams>[], alone: boolean): void => {
  const said = jobs.flatMap(({ name, options, params: { length } }) => {
    const extended = extendDecoder(opened.source.decoder, extensionFor(opened, options, length));
    const problem = beyondCapacity(extended, length);
    if (problem === undefined) return [];
    return `perplexity: ${alone ? "" : `${name}: `}beyond the capacity, run all the same: ${problem}`;
  });
  for (const words of new Set(said)) notice(words);
};

/** Marks of the trained window, and of the capacity of a single method. */
const marksOf = (opened: OpenedModel, jobs: readonly NamedJob<PerplexityParams>[], alone: boolean) => {
  const { trainedContext } = opened.source.decoder;
  const { options, params } = jobs[0]!;
  const { capacity } = extendDecoder(opened.source.decoder, extensionFor(opened, options, params.length));
  return [
    { at: trainedContext, label: "trained window" },
    ...(alone && capacity !== trainedContext ? [{ at: capacity, label: "capacity" }] : []),
  ];
};

/** The table: by position for one length, by length for several. */
const tableOf = (runs: readonly Run[], lengths: readonly number[]) => {
  const positions = new Map(runs.map(({ method, positions: words }) => [method, words]));
  const methods = [...positions].map(([name, words]) => {
    const own = runs.filter(({ method }) => method === name);
    const rows =
      lengths.length === 1
        ? lossRows(own[0]!)
        : own.map(({ length, loss, tokens }) => ({ label: `${length}`, loss, tokens }));
    return { name, words, rows };
  });
  const first = lengths.length === 1 ? "positions" : "context";
  const [only] = methods;
  return methods.length === 1
    ? `${only!.words}\n${renderLossRows(first, only!.rows)}`
    : renderLossesOfAll(first, methods);
};

const pictureOf = (
  name: string,
  runs: readonly Run[],
  lengths: readonly number[],
  marks: ReturnType<typeof marksOf>,
): string => {
  const methods = [...new Set(runs.map(({ method }) => method))];
  const named = (run: Run): string => (methods.length === 1 ? run.positions : `${run.method}: ${run.positions}`);
  if (lengths.length === 1)
    return lossCurves({
      ...(methods.length > 1 && { title: `${name}, ${lengths[0]} tokens` }),
      curves: runs.map((run) => ({
        name: named(run),
        buckets: run.buckets.map(({ from, to, loss }) => ({ from, to, loss: loss ?? NaN })),
      })),
      marks,
    });
  return curves({
    title: `${name}: mean loss by length of the context`,
    across: "tokens of a window (logarithmic)",
    up: "mean loss, in nats per token",
    logarithmic: true,
    dots: true,
    curves: methods.map((method) => {
      const own = runs.filter((run) => run.method === method);
      return {
        name: methods.length === 1 ? own.at(-1)!.positions : method,
        points: own.map(({ length, loss }) => ({ x: length, y: loss ?? NaN })),
      };
    }),
    marks,
  });
};

const measure = async (path: string, options: PerplexityOptions): Promise<void> => {
  const { windows, stride, separator, text: file } = options;
  const content = await readText("--text", file);
  const svg = await svgPath(options, "perplexity.svg");
  const opened = await open(path, options);
  const lengths = lengthsOf(options, opened.source.decoder.trainedContext);
  checkCount("perplexity", "--windows", windows);
  checkCount("perplexity", "--bucket", options.bucket);
  if (options.batch !== undefined) checkCount("perplexity", "--batch", options.batch);
  const workers = workersFor("perplexity", path, options.workers);
  // Checks that the text has enough tokens, before weights are loaded.
  const documents = textOf("perplexity", file, content);
  for (const length of lengths) enoughTokens("perplexity", opened, documents, { length, windows, stride, separator });

  noticeSeparator("perplexity", file, documents, separator);
  const variants = variantsOf(options);
  const parts = Math.ceil(workers / (variants.length * lengths.length));
  const jobs = jobsOf("perplexity", { model: path, opened, options }, variants, paramsOf(options, lengths, parts));
  const alone = variants.length === 1;
  noticeBeyond(opened, jobs, alone);
  const results = await runSideBySide<PerplexityParams>(
    {
      command: "perplexity",
      opened,
      options,
      workers,
      texts: { [file]: content },
      workOf: (params) => params.length * params.windows,
      label: ({ name, params }) => `${name}, ${params.length} tokens`,
    },
    jobs,
  );

  const runs = variants.flatMap((_, variant) => {
    const perVariant = jobs.length / variants.length;
    return lengths.map((length): Run => {
      const own = Array.from({ length: perVariant }, (_unused, at) => variant * perVariant + at).filter(
        (at) => jobs[at]!.params.length === length,
      );
      const { positions, numbers, beyondCapacity: beyond } = results[own[0]!]!;
      const { buckets, ...mean } = joinedReports(own.map((at) => results[at]!.result as PerplexityReport));
      return {
        method: jobs[own[0]!]!.name,
        positions,
        ...numbers,
        length,
        windows,
        ...(stride !== undefined && { stride }),
        beyondCapacity: beyond,
        buckets,
        ...mean,
      };
    });
  });
  if (options.json) process.stdout.write(`${JSON.stringify(runs.length === 1 ? runs[0] : { runs })}\n`);
  else process.stdout.write(`${tableOf(runs, lengths)}\n`);
  await writeSvg({ svg, json: options.json, said: `The same as ${alone ? "a curve" : "curves"}` }, () =>
    pictureOf(opened.source.name, runs, lengths, marksOf(opened, jobs, alone)),
  );
};

export const addPerplexity = (program: Command): void => {
  const command = withVariants(
    withSharedOptions(
      program
        .command("perplexity")
        .description("print the mean loss of a text by position or by length of the context, in nats per token")
        .argument("<model>", modelArgument)
        .requiredOption("--text <file>", 'the text, or documents as .jsonl, a line a {"text": …}; - is standard input')
        .option(
          "--separator <text>",
          "what stands between documents; each then begins anew, and its beginning is not scored",
        )
        .option("--length <tokens>", "tokens of a window; absent: the trained window", number)
        .option(
          "--lengths <tokens>",
          "several lengths by comma: the mean of each, instead of by position",
          distinctNumbers,
        )
        .option(
          "--windows <n>",
          "windows, one behind another in the text, each starting with nothing before it",
          number,
          8,
        )
        .option(
          "--stride <tokens>",
          "tokens from one window's beginning to the next one's; then only the last so many of later windows are scored; absent: the length",
          number,
        )
        .option("--batch <n>", "windows that are run together; pays where chunks are small; absent: each alone", number)
        .option("--bucket <tokens>", "positions that share a mean", number, 512)
        .option("--chunk-size <tokens>", "tokens of a prefill chunk, at most", number)
        .addOption(workersOption())
        .option("--svg <file>", "where the curves go; absent: perplexity.svg, or nowhere with --json"),
    ),
  );
  command
    .addHelpText(
      "after",
      examples(
        "ropewalk perplexity stories260K --text a.txt",
        "ropewalk perplexity stories260K --text a.txt --method none,yarn",
        "ropewalk perplexity stories260K --text a.txt --lengths 512,1024 --stride 256",
      ),
    )
    .action(measure);
};
