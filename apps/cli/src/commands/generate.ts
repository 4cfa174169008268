/** `ropewalk generate`: what follows a prompt, streamed as text or printed as JSON. */
import { type GenerateOptions, type GenerationStats, type LanguageModel, type Sampling } from "@ropewalk/generation";
import { InvalidArgumentError, type Command } from "commander";
import { openAfter, tokensBefore, withAfterOption } from "../after-option.ts";
import { promptBar } from "../bars.ts";
import { extendedWords, groupsAndWindow } from "../describe.ts";
import { examples } from "../help.ts";
import { notice, noticeBeyondCapacity } from "../notice.ts";
import { number, numberList } from "../numbers.ts";
import { chosenFor, open, withModel, type Chosen } from "../open-model.ts";
import { withSharedOptions, type SharedOptions } from "../options.ts";
import { promptIds, withPromptOptions, type PromptOptions } from "../prompt.ts";
import { statsLine, statsReport } from "../render/stats.ts";

type CommandOptions = SharedOptions &
  PromptOptions & {
    readonly maxNewTokens: number;
    readonly temperature: number;
    readonly topK?: number;
    readonly topP?: number;
    readonly seed?: number;
    readonly chunkSize?: number;
    readonly decodeBlock?: number;
    readonly stopTokens?: readonly number[];
    readonly beyondCapacity?: boolean;
  };

const samplingFlags = { topK: "--top-k", topP: "--top-p", seed: "--seed" } as const;

/** @throws InvalidArgumentError when a number of sampling is given and nothing is sampled */
const samplingFrom = ({ temperature, ...numbers }: CommandOptions): Sampling => {
  if (temperature !== 0) {
    const { seed = 0, topK, topP } = numbers;
    return {
      ...{ kind: "sample", temperature, seed },
      ...(topK === undefined ? {} : { topK }),
      ...(topP === undefined ? {} : { topP }),
    };
  }
  for (const name of ["topK", "topP", "seed"] as const)
    if (numbers[name] !== undefined)
      throw new InvalidArgumentError(
        `generate: ${samplingFlags[name]} is not read at --temperature 0, got ${numbers[name]}`,
      );
  return { kind: "greedy" };
};

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
  const sampling = samplingFrom(options);
  const opened = await open(path, options);
  const ids = await promptIds("generate", opened, words, options);
  const length = tokensBefore(options.after) + ids.length + options.maxNewTokens;
  const chosen = chosenFor(opened, options, length);
  await withModel("generate", { opened, options, length }, async (model, signal) => {
    if (options.beyondCapacity) noticeBeyondCapacity("generate", model, length);
    const after = await openAfter(model, options.after, signal);
    let stats: GenerationStats | undefined;
    const bar = promptBar();
    const run: GenerateOptions = {
      ...{ maxNewTokens: options.maxNewTokens, sampling, signal, onPrefill: bar.onPrefill },
      onDone: (done) => (stats = done),
      ...(after === undefined ? {} : { after }),
      ...(options.chunkSize === undefined ? {} : { chunkSize: options.chunkSize }),
      ...(options.decodeBlock === undefined ? {} : { decodeBlock: options.decodeBlock }),
      ...(options.stopTokens === undefined ? {} : { stopTokens: options.stopTokens }),
      ...(options.beyondCapacity ? { beyondCapacity: "allow" } : {}),
    };
    const print = options.json ? printJson : stream;
    await print(model, { ids, run, chosen, stats: () => stats }).finally(bar.stop);
  });
};

export const addGenerate = (program: Command): void => {
  const prompted = withPromptOptions(program.command("generate").description("stream what follows a prompt"));
  const command = withAfterOption(prompted)
    .option("--max-new-tokens <n>", "tokens to generate, at most", number, 128)
    .option("--temperature <t>", "0: the most likely token, always", number, 0)
    .option("--top-k <k>", "sample among the k most likely", number)
    .option("--top-p <p>", "sample among the most likely that together have probability p", number)
    .option("--seed <n>", "the same seed gives the same text; absent: 0", number)
    .option("--stop-tokens <ids>", "token ids that end the text, by comma; absent: the checkpoint's own", numberList)
    .option("--chunk-size <tokens>", "tokens a prefill chunk, at most", number)
    .option("--decode-block <tokens>", "tokens decoded in one run, at most; absent: as the backend likes it", number)
    .option("--beyond-capacity", "run even where the model knows no positions");
  withSharedOptions(command)
    .addHelpText(
      "after",
      examples(
        "ropewalk generate stories260K Once upon a time",
        "ropewalk generate stories260K --file prompt.txt --method self-extend",
        'ropewalk generate stories260K "And then" --after book.kv',
        "cat prompt.txt | ropewalk generate stories260K --temperature 0.8 --top-k 40",
      ),
    )
    .action(generate);
};
