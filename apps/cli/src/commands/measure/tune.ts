/** `ropewalk tune`: finds group size, window and log-n for a model and a length, on the user's text. */
import { recordOf } from "@ropewalk/context-extension";
import {
  jsonLines,
  searchSpace,
  textField,
  tune,
  tuneSamples,
  defaultPrefills,
  type PromptAndResponse,
  type TuneResult,
} from "@ropewalk/evals";
import type { Command } from "commander";
import { newBar } from "../../terminal/progress-bars.ts";
import { examples, modelArgument } from "../../terminal/help-texts.ts";
import { number } from "../../flags/parse-numbers.ts";
import { open, withModel } from "../../model/open-model.ts";
import { checkCount, withRunOptions, type SharedOptions } from "../../flags/shared.ts";
import { noticeSeparator } from "../../input/known-separators.ts";
import { readText } from "../../input/read-file.ts";
import { renderTable } from "../../render/table.ts";

type TuneOptions = SharedOptions & {
  readonly text: string;
  readonly separator?: string;
  readonly length: number;
  readonly prefills: number;
  readonly samples: number;
};

/** Reads a text, the documents of a .jsonl file, or its prompts with their responses. */
const readTuneText = (name: string, content: string): string | readonly string[] | readonly PromptAndResponse[] => {
  if (!name.endsWith(".jsonl")) return content;
  const lines = jsonLines("tune", { name, text: content });
  if ("text" in lines[0]!.value) return lines.map((line) => textField("tune", line, "text"));
  return lines.map((line) => ({
    prompt: textField("tune", line, "prompt"),
    response: textField("tune", line, "response"),
  }));
};

const cells = ({ first, far, near, samples }: TuneResult["plain"]): readonly string[] => [
  first.toFixed(4),
  far.toFixed(4),
  near === null ? "-" : near.toFixed(4),
  `${samples}`,
];

const heads = ["W", "G", "log-n", "first sample", "all its samples", "within", "samples"] as const;

const tableOf = ({ rows, plain }: TuneResult): string =>
  renderTable(
    heads.map((head) => ({ head, align: "right" as const })),
    [
      ...rows.map((row) => [`${row.window}`, `${row.groupSize}`, row.logN ? "yes" : "no", ...cells(row)]),
      ["plain", "-", "no", ...cells(plain)],
    ],
  );

/** The text below the table: its unit, the choice, and the losses and costs of the choice. */
const words = (result: TuneResult, trainedContext: number, onResponses: boolean): string => {
  const { chosen, rows, plain, prefills, gridPrefills } = result;
  const { groupSize, window, logN } = chosen;
  // Losses on the same samples alone can be compared.
  const other = rows.find((row) => row.logN !== logN && row.samples === chosen.samples);
  const on = `on ${chosen.samples === 1 ? "the first sample" : `${chosen.samples} samples`}`;
  const decides = onResponses ? "of the responses" : `behind the trained window of ${trainedContext}`;
  return [
    `Nats per token ${decides},\non the first sample and on all that were measured${onResponses ? "" : "; within: inside that window"}.`,
    "",
    `chosen: --method self-extend --group-size ${groupSize} --window ${window}${logN ? " --entropy log-n" : ""}`,
    `${on} ${chosen.far.toFixed(4)}` +
      (other === undefined ? "" : `; ${other.logN ? "with" : "without"} log-n at best ${other.far.toFixed(4)}`),
    `on the first sample ${chosen.first.toFixed(4)}; the model as it is ${plain.first.toFixed(4)}`,
    `taken: ${prefills.toFixed(1)} prefills; all candidates on as many samples would take ${gridPrefills.toFixed(0)}`,
  ].join("\n");
};

const run = async (path: string, options: TuneOptions): Promise<void> => {
  const { length, prefills, samples: most, separator, groupSize, window, entropy, method } = options;
  checkCount("tune", "--length", length);
  checkCount("tune", "--samples", most);
  if (method !== undefined || options.modules !== undefined || options.extension !== undefined)
    throw new RangeError(
      "tune: --method and --extension must be absent: it finds SelfExtend's numbers, got one of them",
    );
  if (entropy !== undefined && entropy !== "none")
    throw new RangeError(`tune: --entropy must be none or absent: log-n is tried, got ${entropy}`);
  const text = readTuneText(options.text, await readText("--text", options.text));
  const onResponses = typeof text !== "string" && typeof text[0] === "object";
  const opened = await open(path, options);
  // Checks that there are candidates, before the text is read.
  searchSpace(opened.source.decoder.trainedContext, length, { groupSize, window });
  const samples = tuneSamples(opened, text, {
    length,
    samples: most,
    ...(separator !== undefined && { separator }),
  });
  const asIs: SharedOptions = { ...options, method: ["none"] };
  for (const name of ["groupSize", "window", "entropy"] as const) delete (asIs as { [key: string]: unknown })[name];
  await withModel("tune", { opened, options: asIs, length }, async (model, signal) => {
    const bar = newBar("{value} of {total} prefills at most");
    bar.start(prefills, 0);
    const result = await tune(model, samples, {
      length,
      prefills,
      groupSize,
      window,
      signal,
      logN: entropy !== "none",
      onProgress: (done) => bar.update(Math.round(10 * done) / 10),
    }).finally(() => bar.stop());
    const { trainedContext } = model.extended.decoder;
    if (options.json) {
      const { extension, ...rest } = result;
      process.stdout.write(`${JSON.stringify({ ...rest, extension: recordOf(extension), length })}\n`);
    } else process.stdout.write(`${tableOf(result)}\n${words(result, trainedContext, onResponses)}\n`);
  });
  noticeSeparator("tune", options.text, text, separator);
};

export const addTune = (program: Command): void => {
  withRunOptions(
    program
      .command("tune")
      .description("find group size and window, and whether log-n helps, on a text of your own")
      .argument("<model>", modelArgument)
      .requiredOption(
        "--text <file>",
        'a text as long as --length at least; or .jsonl, a line a {"text": …}, or a {"prompt": …, "response": …}, of which the response alone is scored',
      )
      .option("--separator <text>", "what stands between documents; each then begins anew")
      .requiredOption("--length <tokens>", "how long the model is to read", number)
      .option(
        "--prefills <n>",
        "how dear it may be, in runs of --length tokens through the model",
        number,
        defaultPrefills,
      )
      .option("--samples <n>", "windows of the text, or prompts, that are looked at, at most", number, 8),
    "none",
    "self-extend, whose numbers are found",
  )
    .addHelpText(
      "after",
      examples(
        "ropewalk tune stories260K --text mine.txt --length 4096",
        "ropewalk tune stories260K --text mine.txt --length 4096 --prefills 48",
        "ropewalk tune passkey-875k --text asked.jsonl --length 2048",
      ),
    )
    .action(run);
};
