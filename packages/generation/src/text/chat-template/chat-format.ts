/** Turns messages into one text, by the chat template that a checkpoint was tuned with. */
import { Template } from "@huggingface/jinja";
import { check, checkKeys, show, showName } from "@ropewalk/check";
import { budgetFor, TemplateLimit } from "./budget.ts";
import { checkedMessages, type ChatMessage } from "./messages.ts";
import { runTemplate } from "./run-template.ts";

export type ChatOptions = {
  /** Whether the text ends where the assistant goes on. false: it ends after the last message. Default true. */
  readonly generationPrompt?: boolean;
};

/** The text of messages, which the model continues as the assistant. */
export type ChatFormat = (messages: readonly ChatMessage[], options?: ChatOptions) => string;

/** How many characters a template may have, and how many spaces in a row, which are slow to parse. */
const longest = 1 << 18;
const mostSpaces = 1000;

/** The texts of the special tokens that tokenizer_config.json names. Templates write them. */
const specialTokens = (config: object): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(config).flatMap(([key, value]: [string, unknown]) => {
      const text = typeof value === "object" && value !== null && "content" in value ? value.content : value;
      return key.endsWith("_token") && typeof text === "string" ? [[key, text]] : [];
    }),
  );

/** The message of an engine whose stack is full: of V8 and JavaScriptCore, and of SpiderMonkey. */
const stackEnd = /call stack|too much recursion/i;

/** @param ofTypeError - what it means that the engine throws a TypeError, which the library does not expect */
const messageOf = (error: unknown, ofTypeError: string): string => {
  if (error instanceof TypeError) return ofTypeError;
  const message = (error instanceof Error ? error.message : String(error)).split("\n")[0]!;
  return stackEnd.test(message) ? "it is nested too deep" : showName(message);
};

const longestSpaces = (text: string): number =>
  (text.match(/\s+/g) ?? []).reduce((most, { length }) => Math.max(most, length), 0);

const readTemplate = (template: string): Template["parsed"] => {
  const rule = "chatFormat: the chat template must";
  check(typeof template === "string", `${rule} be text`, template, "string");
  check(template.length <= longest, `${rule} have at most ${longest} characters`, template.length);
  const spaces = longestSpaces(template);
  check(spaces <= mostSpaces, `${rule} have at most ${mostSpaces} spaces in a row`, spaces);
  try {
    return new Template(template).parsed;
  } catch (error) {
    throw new RangeError(`${rule} be Jinja, got ${show(template)}: ${messageOf(error, "it ends inside a statement")}`, {
      cause: error,
    });
  }
};

/**
 * Reads a chat template.
 *
 * @param template - Jinja, as chat_template.jinja or tokenizer_config.json has it
 * @param config - the parsed tokenizer_config.json
 * @throws RangeError when the template cannot be read; the format throws one when the template refuses the messages, or does more work
 *   for them than it may
 */
export const chatFormat = (template: string, config: object): ChatFormat => {
  const program = readTemplate(template);
  const tokens = specialTokens(config);
  return (messages, options = {}) => {
    checkKeys<ChatOptions>("chatFormat", "options", options, { generationPrompt: true });
    const { generationPrompt = true } = options;
    const checked = checkedMessages("chatFormat", messages);
    const roles = showName(messages.map(({ role }) => role).join(", "));
    try {
      const items = {
        ...tokens,
        messages: checked,
        tools: null,
        documents: null,
        add_generation_prompt: generationPrompt,
      };
      return runTemplate(budgetFor(checked), program, items);
    } catch (error) {
      if (error instanceof TemplateLimit)
        throw new RangeError(`chatFormat: the chat template ${error.message}, got more, for roles ${roles}`, {
          cause: error,
        });
      throw new RangeError(
        `chatFormat: the messages must be as the chat template wants them, got roles ${roles}: ${messageOf(error, "a value is of a kind that cannot be used so")}`,
        { cause: error },
      );
    }
  };
};
