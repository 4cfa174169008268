/** `ropewalk generate`: what follows a prompt, streamed as text or printed as JSON. */
import { type GenerateOptions, type OpenedModel, type Sampling } from "@ropewalk/generation";
import { InvalidArgumentError, type Command } from "commander";
import { noticeBeyondCapacity } from "../notice.ts";
import { open, withModel, modelArgument } from "../open-model.ts";
import { number, numberList, withSharedOptions, type SharedOptions } from "../options.ts";
import { readIds } from "../read-ids.ts";

type CommandOptions = SharedOptions & {
  readonly ids?: string;
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed: number;
  readonly chunkSize?: number;
  readonly decodeBlock?: number;
  readonly stopTokens?: readonly number[];
  readonly beyondCapacity?: boolean;
  readonly chat?: boolean;
  readonly system?: string;
};

const samplingFrom = ({ temperature, topK, topP, seed }: CommandOptions): Sampling =>
  temperature === 0
    ? { kind: "greedy" }
    : {
        kind: "sample",
        temperature,
        seed,
        ...(topK === undefined ? {} : { topK }),
        ...(topP === undefined ? {} : { topP }),
      };

/** The text as one message of the user, behind the system's where there is one. */
const chatIds = ({ text, source }: OpenedModel, content: string, system: string | undefined): readonly number[] => {
  if (text?.encodeChat === undefined)
    throw new TypeError(`generate: ${source.name} has no chat template; leave out --chat`);
  return text.encodeChat([
    ...(system === undefined ? [] : [{ role: "system", content: system }]),
    { role: "user", content },
  ]);
};

const promptIds = async (
  model: OpenedModel,
  words: readonly string[],
  { ids, chat, system }: CommandOptions,
): Promise<readonly number[]> => {
  if ((ids === undefined) === (words.length === 0))
    throw new InvalidArgumentError("generate: give either a text prompt or --ids, exactly one of the two");
  if (system !== undefined && !chat) throw new InvalidArgumentError("generate: --system is a part of a --chat");
  if (chat && ids !== undefined) throw new InvalidArgumentError("generate: --chat takes a text prompt, not --ids");
  if (ids !== undefined) return readIds(ids);
  if (model.text === undefined) throw new TypeError(`generate: ${model.source.name} has no tokenizer.json; use --ids`);
  return chat ? chatIds(model, words.join(" "), system) : model.text.encode(words.join(" "));
};

const generate = async (path: string, words: readonly string[], options: CommandOptions): Promise<void> => {
  const opened = await open(path, options);
  const ids = await promptIds(opened, words, options);
  const length = ids.length + options.maxNewTokens;
  await withModel("generate", { opened, options, length }, async (model, signal) => {
    if (options.beyondCapacity) noticeBeyondCapacity("generate", model, length);
    const run: GenerateOptions = {
      maxNewTokens: options.maxNewTokens,
      sampling: samplingFrom(options),
      signal,
      ...(options.chunkSize === undefined ? {} : { chunkSize: options.chunkSize }),
      ...(options.decodeBlock === undefined ? {} : { decodeBlock: options.decodeBlock }),
      ...(options.stopTokens === undefined ? {} : { stopTokens: options.stopTokens }),
      ...(options.beyondCapacity ? { beyondCapacity: "allow" } : {}),
    };
    if (options.json) {
      const generated: number[] = [];
      for await (const token of model.generateTokens(ids, run)) generated.push(token);
      process.stdout.write(`${JSON.stringify({ ids: generated, text: model.text?.decode(generated) ?? "" })}\n`);
    } else {
      for await (const piece of model.generate(ids, run)) process.stdout.write(piece);
      process.stdout.write("\n");
    }
  });
};

export const addGenerate = (program: Command): void => {
  withSharedOptions(
    program
      .command("generate")
      .description("stream what follows a prompt")
      .argument("<model>", modelArgument)
      .argument("[prompt...]", "the prompt, as text")
      .option("--chat", "the prompt is a message to the assistant, in the checkpoint's chat template")
      .option("--system <text>", "what the assistant is told before")
      .option("--ids <file>", "the prompt, as a JSON array of token ids")
      .option("--max-new-tokens <n>", "tokens to generate, at most", number, 128)
      .option("--temperature <t>", "0: the most likely token, always", number, 0)
      .option("--top-k <k>", "sample among the k most likely", number)
      .option("--top-p <p>", "sample among the most likely that together have probability p", number)
      .option("--seed <n>", "the same seed gives the same text", number, 0)
      .option("--stop-tokens <ids>", "token ids that end the text, by comma; absent: the checkpoint's own", numberList)
      .option("--chunk-size <tokens>", "tokens a prefill chunk, at most", number)
      .option("--decode-block <tokens>", "tokens decoded in one run, at most; absent: as the backend likes it", number)
      .option("--beyond-capacity", "run even where the model knows no positions"),
  ).action(generate);
};
