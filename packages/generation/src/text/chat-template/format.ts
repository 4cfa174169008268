/** A conversation as one text, by the template that its checkpoint was tuned with. */
import { Template } from "@huggingface/jinja";
import { check, checkKeys, showName } from "@ropewalk/check";
import { budgetFor, TemplateLimit } from "./budget.ts";
import { checkedMessages, type ChatMessage } from "./messages.ts";
import { runTemplate } from "./run.ts";

export type ChatOptions = {
  /** Whether the text ends where the assistant goes on; false: behind the last message. Default true. */
  readonly generationPrompt?: boolean;
};

/** The text that the model goes on with as the assistant. */
export type ChatFormat = (messages: readonly ChatMessage[], options?: ChatOptions) => string;

/** Characters of a template, at most, and of whitespace in a row, which reading it is slow at. */
const longest = 1 << 18;
const mostSpaces = 1000;

/** The special tokens that tokenizer_config.json names, as text: templates write them. */
const specialTokens = (config: object): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(config).flatMap(([key, value]: [string, unknown]) => {
      const text = typeof value === "object" && value !== null && "content" in value ? value.content : value;
      return key.endsWith("_token") && typeof text === "string" ? [[key, text]] : [];
    }),
  );

/** What an engine says where its stack ends: V8 and JavaScriptCore, and SpiderMonkey. */
const stackEnd = /call stack|too much recursion/i;

const said = (error: unknown): string => {
  // What the library did not expect is a TypeError of the engine's.
  if (error instanceof TypeError) return "a value is of a kind that cannot be used so";
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
    throw new RangeError(`${rule} be Jinja, got ${said(error)}`, { cause: error });
  }
};

/**
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
    const given = checkedMessages("chatFormat", messages);
    const roles = showName(messages.map(({ role }) => role).join(", "));
    try {
      const items = {
        ...tokens,
        messages: given,
        tools: null,
        documents: null,
        add_generation_prompt: generationPrompt,
      };
      return runTemplate(budgetFor(given), program, items);
    } catch (error) {
      if (error instanceof TemplateLimit)
        throw new RangeError(`chatFormat: the chat template ${error.message}, got more, for roles ${roles}`, {
          cause: error,
        });
      throw new RangeError(
        `chatFormat: the messages must be as the chat template wants them, got roles ${roles}: ${said(error)}`,
        { cause: error },
      );
    }
  };
};
