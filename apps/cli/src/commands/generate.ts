/** `ropewalk generate`: what follows a prompt, streamed as text or printed as JSON. */
import { type GenerateOptions, type GenerationStats, type LanguageModel } from "@ropewalk/generation";
import type { Command } from "commander";
import { openAfter, tokensBefore, withAfterOption } from "../after-option.ts";
import { promptBar } from "../bars.ts";
import { extendedWords, groupsAndWindow } from "../describe.ts";
import { openGuesses, withGuessOptions, type GuessFlags } from "../guess-options.ts";
import { examples } from "../help.ts";
import { notice, noticeBeyondCapacity } from "../notice.ts";
import { chosenFor, open, withModel, type Chosen } from "../open-model.ts";
import { withSharedOptions, type SharedOptions } from "../options.ts";
import { promptIds, withPromptOptions, type PromptOptions } from "../prompt.ts";
import { runFrom, withSamplingOptions, type SamplingOptions } from "../sampling-options.ts";
import { statsLine, statsReport } from "../render/stats.ts";

type CommandOptions = SharedOptions & PromptOptions & SamplingOptions & GuessFlags;

type Job = {
  readonly ids: readonly number[];
  readonly run: GenerateOptions;
  readonly chosen: Chosen;
  /** What it took, where the run came to its end. */
  readonly stats: () => GenerationStats | undefined;
};

const printJson = async (model: LanguageModel, { ids, run, chosen, stats }: Job): Promise<void> => {
  const { extended, text } = model;
  const generated: number[] = [];
  for await (const token of model.generateTokens(ids, run)) generated.push(token);
  const report = {
    ...{ ids: generated, text: text?.decode(generated) ?? "" },
    ...{ method: chosen.name, positions: extendedWords(extended.positions.name, chosen.extension) },
    ...groupsAndWindow(chosen.extension),
    ...statsReport(stats()!),
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
};

/** The text as it comes. Whatever ends it, the line ends too. */
const stream = async (model: LanguageModel, { ids, run, stats }: Job): Promise<void> => {
  if (model.text === undefined)
    throw new TypeError(
      `generate: ${model.source.name} must have a tokenizer.json to print text, got none; --json prints token ids`,
    );
  let last = "";
  try {
    for await (const piece of model.generate(ids, run)) {
      process.stdout.write(piece);
      last = piece;
    }
    last = "";
    process.stdout.write("\n");
  } finally {
    if (last !== "") process.stdout.write("\n");
  }
  if (process.stderr.isTTY) notice(statsLine(stats()!));
};

const generate = async (path: string, words: readonly string[], options: CommandOptions): Promise<void> => {
  const given = runFrom("generate", options);
  const opened = await open(path, options);
  const ids = await promptIds("generate", opened, words, options);
  const length = tokensBefore(options.after) + ids.length + options.maxNewTokens;
  const chosen = chosenFor(opened, options, length);
  await withModel("generate", { opened, options, length }, async (model, signal) => {
    if (options.beyondCapacity) noticeBeyondCapacity("generate", model, length);
    const after = await openAfter(model, options.after, signal);
    const { guesses, release } = await openGuesses(options, length, signal);
    let stats: GenerationStats | undefined;
    const bar = promptBar();
    const run: GenerateOptions = {
      ...{ ...given, signal, onPrefill: bar.onPrefill },
      onDone: (done) => (stats = done),
      ...guesses,
      ...(after === undefined ? {} : { after }),
    };
    const print = options.json ? printJson : stream;
    await print(model, { ids, run, chosen, stats: () => stats })
      .finally(bar.stop)
      .finally(release);
  });
};

export const addGenerate = (program: Command): void => {
  const prompted = withPromptOptions(program.command("generate").description("stream what follows a prompt"));
  const command = withGuessOptions(withSamplingOptions(withAfterOption(prompted), 128));
  withSharedOptions(command)
    .addHelpText(
      "after",
      examples(
        "ropewalk generate stories260K Once upon a time",
        "ropewalk generate stories260K --file prompt.txt --method self-extend",
        'ropewalk generate stories260K "And then" --after book.kv',
        "ropewalk generate stories260K --file prompt.txt --lookup",
        "cat prompt.txt | ropewalk generate stories260K --temperature 0.8 --top-k 40",
      ),
    )
    .action(generate);
};
