/** A command's prompt: words, a file, a pipe, or token ids; as text or as a message to the assistant. */
import type { OpenedModel } from "@ropewalk/generation";
import { InvalidArgumentError, type Command } from "commander";
import { fstatSync } from "node:fs";
import { modelArgument } from "../terminal/help-texts.ts";
import { readIds } from "./read-ids.ts";
import { readText, standardInput } from "./read-file.ts";

export type PromptOptions = {
  readonly file?: string;
  readonly ids?: string;
  readonly chat?: boolean;
  readonly system?: string;
  /** The saved text that the prompt stands behind, if any. */
  readonly after?: unknown;
};

/** Whether something is piped into the command, or a file is its standard input. */
const isPiped = (): boolean => {
  try {
    const input = fstatSync(0);
    return input.isFIFO() || input.isFile() || input.isSocket();
  } catch {
    // Standard input is closed.
    return false;
  }
};

/** The text without the last line end, which editors and `echo` add: the output continues the prompt's line. */
const withoutLineEnd = (text: string): string => text.replace(/\r?\n$/, "");

type Given = { readonly kind: "text"; readonly text: string } | { readonly kind: "ids"; readonly path: string };

/** @throws InvalidArgumentError when there is no prompt or more than one */
const givenIn = async (command: string, words: readonly string[], { file, ids }: PromptOptions): Promise<Given> => {
  const one = `${command}: give a text prompt, a --file, --ids or a pipe, exactly one of them`;
  const asked = [words.length > 0, file !== undefined, ids !== undefined].filter(Boolean).length;
  if (asked > 1 || (asked === 0 && !isPiped())) throw new InvalidArgumentError(one);
  if (ids !== undefined) return { kind: "ids", path: ids };
  const piped = asked === 0 || (words.length === 1 && words[0] === standardInput);
  const path = piped ? standardInput : file;
  if (path === undefined) return { kind: "text", text: words.join(" ") };
  const text = withoutLineEnd(await readText("--file", path));
  if (asked === 0 && text === "") throw new InvalidArgumentError(`${one}, got an empty pipe`);
  return { kind: "text", text };
};

/** The ids of the text as one message of the user, behind the system's message if there is one. */
const chatIds = (
  command: string,
  { text, source }: OpenedModel,
  content: string,
  system: string | undefined,
): readonly number[] => {
  if (text?.encodeChat === undefined)
    throw new TypeError(
      `${command}: ${source.name} has no chat template; leave out --chat, or give one to \`ropewalk chat\` by --template`,
    );
  return text.encodeChat([
    ...(system === undefined ? [] : [{ role: "system", content: system }]),
    { role: "user", content },
  ]);
};

/**
 * The ids of the prompt.
 *
 * @throws InvalidArgumentError when there is none or more than one, or a flag that is not read; TypeError where the model has
 *   no tokenizer or no chat template
 */
export const promptIds = async (
  command: string,
  model: OpenedModel,
  words: readonly string[],
  options: PromptOptions,
): Promise<readonly number[]> => {
  const { ids, chat, system, after } = options;
  if (system !== undefined && !chat) throw new InvalidArgumentError(`${command}: --system is a part of a --chat`);
  if (chat && ids !== undefined) throw new InvalidArgumentError(`${command}: --chat takes a text prompt, not --ids`);
  const given = await givenIn(command, words, options);
  if (given.kind === "ids") return readIds(given.path);
  if (model.text === undefined)
    throw new TypeError(`${command}: ${model.source.name} has no tokenizer.json; use --ids`);
  if (!chat) return model.text.encode(given.text, { specialTokens: after === undefined });
  const asked = chatIds(command, model, given.text, system);
  // Behind another text a conversation does not begin anew.
  return after !== undefined && asked[0] === model.source.bosToken ? asked.slice(1) : asked;
};

/** Adds the model, the prompt, and the flags that say how the prompt is read. */
export const withPromptOptions = (command: Command): Command =>
  command
    .argument("<model>", modelArgument)
    .argument("[prompt...]", "the prompt, as text; - or none: standard input")
    .option("--file <file>", "the prompt, as a text file; its last line end is left out")
    .option("--chat", "the prompt is a message to the assistant, in the checkpoint's chat template")
    .option("--system <text>", "the system message, which the assistant is told first")
    .option("--ids <file>", "the prompt, as a JSON array of token ids; - is standard input");
