/** `ropewalk chat`: a conversation at a terminal, or line by line through a pipe. */
import type { LanguageModel, OpenedModel, Prefix } from "@ropewalk/generation";
import { InvalidArgumentError, type Command } from "commander";
import { historyPath, openHistory } from "../../chat/history.ts";
import { talkInPipe } from "../../chat/talk-in-pipe.ts";
import { talkAtTerminal } from "../../chat/talk-at-terminal.ts";
import type { Talk } from "../../chat/conversation.ts";
import { openAfter, withAfterOption, type After } from "../../flags/after.ts";
import { checkChosen } from "../../flags/extension.ts";
import { examples, modelArgument } from "../../terminal/help-texts.ts";
import { number } from "../../flags/parse-numbers.ts";
import { open, withModel } from "../../model/open-model.ts";
import { checkCount, withSharedOptions, type SharedOptions } from "../../flags/shared.ts";
import { readText } from "../../input/read-file.ts";
import { runFrom, withSamplingOptions, type SamplingOptions } from "../../flags/generation.ts";

type ChatOptions = SharedOptions &
  SamplingOptions & {
    readonly length?: number;
    readonly after?: After;
    readonly system?: string;
    readonly template?: string;
    readonly history: boolean;
  };

/** @throws TypeError when the model has no tokenizer or no chat template, before weights are loaded */
const checkTemplate = ({ source, text }: OpenedModel, template: string | undefined): void => {
  if (text === undefined)
    throw new TypeError(`chat: ${source.name} must have a tokenizer.json to read and write text, got none`);
  if (text.formatChat === undefined && template === undefined)
    throw new TypeError(
      `chat: ${source.name} must have a chat template, got none; --template <file> gives it one, generate goes on with text`,
    );
};

const talkOf = (
  model: LanguageModel,
  document: Prefix | undefined,
  template: string | undefined,
  options: ChatOptions,
): Talk => ({
  model,
  document,
  run: runFrom("chat", model.source, options),
  begin: () =>
    model.chat({
      ...(document && { after: document }),
      ...(options.system === undefined ? {} : { system: options.system }),
      ...(template === undefined ? {} : { template }),
    }),
});

const chat = async (path: string, options: ChatOptions): Promise<void> => {
  const { length, after, json = false } = options;
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  if (json && isTerminal) throw new InvalidArgumentError("chat: --json is for messages out of a pipe, got a terminal");
  if (length === undefined) checkChosen("chat", options);
  else checkCount("chat", "--length", length);
  const template = options.template === undefined ? undefined : await readText("--template", options.template);
  const opened = await open(path, options);
  // Checks the sampling flags before weights are loaded.
  runFrom("chat", opened.source, options);
  checkTemplate(opened, template);
  const planned = { opened, options, length: length ?? opened.source.decoder.trainedContext };
  await withModel("chat", planned, async (model, signal) => {
    const document = await openAfter(model, after, signal);
    const talk = talkOf(model, document, template, options);
    if (!isTerminal) return talkInPipe(talk, json, signal);
    return talkAtTerminal(talk, options.history ? openHistory(historyPath()) : undefined, signal);
  });
};

export const addChat = (program: Command): void => {
  const command = program
    .command("chat")
    .description("a conversation at a terminal, or line by line through a pipe")
    .argument("<model>", modelArgument)
    .option("--system <text>", "the system message, which the assistant is told first")
    .option("--template <file>", "a chat template in Jinja; absent: the checkpoint's own")
    .option("--length <tokens>", "the longest conversation, which a method is chosen for", number)
    .option("--no-history", "keep nothing of what is typed for the next time");
  withSharedOptions(withSamplingOptions(withAfterOption(command), 512))
    .addHelpText(
      "after",
      examples(
        'ropewalk chat owner/name --quantize q4 --system "Answer in one sentence."',
        "ropewalk chat ./my-model --after book.kv",
        "ropewalk chat ./my-model --temperature 0.7 --seed 1 < questions.txt",
      ),
    )
    .action(chat);
};
