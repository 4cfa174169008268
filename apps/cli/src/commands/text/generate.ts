/** `ropewalk generate`: what follows a prompt, streamed as text or printed as JSON. */
import { longerExtension } from "@ropewalk/context-extension";
import {
  beyondCapacity,
  type GeneratedToken,
  type GenerateOptions,
  type GenerationStats,
  type LanguageModel,
} from "@ropewalk/generation";
import { InvalidArgumentError, type Command } from "commander";
import { openAfter, tokensBefore, withAfterOption } from "../../flags/after.ts";
import { promptBar } from "../../terminal/progress-bars.ts";
import { extendedWords, groupsAndWindow } from "../../describe/extension-in-words.ts";
import { openGuesses, withGuessOptions, type GuessFlags } from "../../flags/guesses.ts";
import { examples } from "../../terminal/help-texts.ts";
import { notice, noticeBeyondCapacity } from "../../terminal/notice.ts";
import { number } from "../../flags/parse-numbers.ts";
import { chosenFor, open, withModel, type Chosen } from "../../model/open-model.ts";
import { withSharedOptions, type SharedOptions } from "../../flags/shared.ts";
import { promptIds, withPromptOptions, type PromptOptions } from "../../input/prompt.ts";
import { runFrom, withSamplingOptions, type SamplingOptions } from "../../flags/generation.ts";
import { statsLine, statsReport } from "../../render/stats.ts";

type CommandOptions = SharedOptions & PromptOptions & SamplingOptions & GuessFlags & { readonly logprobs?: number };

/** The model under a larger group size or factor when the run does not fit. Without such a number the run itself refuses. */
const regrouped = async (model: LanguageModel, chosen: Chosen, length: number): Promise<[LanguageModel, Chosen]> => {
  const { extended } = model;
  const fits = beyondCapacity(extended, length) === undefined;
  const longer = fits ? undefined : longerExtension(chosen.extension, extended.knownContext, length);
  if (longer === undefined) return [model, chosen];
  const other = await model.withExtension(longer);
  notice(`generate: ${length} tokens are more than ${extended.positions.name} holds: ${other.extended.positions.name}`);
  return [other, { ...chosen, extension: longer, own: false }];
};

type Job = {
  readonly ids: readonly number[];
  readonly run: GenerateOptions;
  readonly chosen: Chosen;
  /** The statistics, once the run has ended. */
  readonly stats: () => GenerationStats | undefined;
};

const printJson = async (model: LanguageModel, { ids, run, chosen, stats }: Job): Promise<void> => {
  const { extended, text } = model;
  const generated: GeneratedToken[] = [];
  const told = { ...run, onToken: (token: GeneratedToken) => void generated.push(token) };
  let cut = "";
  if (run.stopStrings === undefined) for await (const _ of model.generateTokens(ids, told)) continue;
  else for await (const piece of model.generate(ids, told)) cut += piece;
  const made = generated.map(({ token }) => token);
  const report = {
    ids: made,
    text: run.stopStrings === undefined ? (text?.decode(made) ?? "") : cut,
    ...(run.logprobs === undefined ? {} : { logprobs: generated }),
    method: chosen.name,
    positions: extendedWords(extended.positions.name, chosen.extension),
    ...groupsAndWindow(chosen.extension),
    ...statsReport(stats()!),
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
};

/** Prints the text as it comes. However the run ends, the last line gets a line end. */
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
  if (options.logprobs !== undefined && !options.json)
    throw new InvalidArgumentError(`generate: --logprobs is read beside --json, got ${options.logprobs}`);
  if (options.regroup && options.after !== undefined)
    throw new InvalidArgumentError("generate: --regroup is not read beside --after, whose extension holds");
  const opened = await open(path, options);
  const given = runFrom("generate", opened.source, options);
  const ids = await promptIds("generate", opened, words, options);
  const length = tokensBefore(options.after) + ids.length + options.maxNewTokens;
  const chosen = chosenFor(opened, options, length);
  await withModel("generate", { opened, options, length }, async (loaded, signal) => {
    if (options.beyondCapacity) noticeBeyondCapacity("generate", loaded, length);
    const [model, run] = options.regroup ? await regrouped(loaded, chosen, length) : [loaded, chosen];
    const after = await openAfter(model, options.after, signal);
    const { guesses, release } = await openGuesses(options, length, signal);
    let stats: GenerationStats | undefined;
    const bar = promptBar();
    const asked: GenerateOptions = {
      ...given,
      signal,
      onPrefill: bar.onPrefill,
      onDone: (done) => (stats = done),
      ...guesses,
      ...(options.logprobs === undefined ? {} : { logprobs: options.logprobs }),
      ...(after === undefined ? {} : { after }),
    };
    const print = options.json ? printJson : stream;
    await print(model, { ids, run: asked, chosen: run, stats: () => stats })
      .finally(bar.stop)
      .finally(release);
    if (options.keepEnds !== undefined && beyondCapacity(loaded.extended, length) !== undefined)
      notice(
        `generate: of ${length - options.maxNewTokens} tokens of the prompt ${stats!.promptTokens} were run, its ends`,
      );
  });
};

export const addGenerate = (program: Command): void => {
  const prompted = withPromptOptions(program.command("generate").description("stream what follows a prompt"));
  const command = withGuessOptions(withSamplingOptions(withAfterOption(prompted), 128)).option(
    "--logprobs <k>",
    "beside --json: log-probabilities of each token and of the k most likely",
    number,
  );
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
