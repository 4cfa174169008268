/**
 * A line of a .jsonl file as a document. Its keys decide its form, and the form decides what is learned:
 *
 *   {"text": …}                                     all of it is learned
 *   {"prompt": …, "response": …}                    the response
 *   {"messages": [{"role": …, "content": …}, …]}    what the assistant says
 *   {"conversations": [{"from": …, "value": …}, …]} the same, as ShareGPT has it
 *
 * Other keys (an id, a source) are ignored.
 */
import { check, checkArray, show, showName } from "@ropewalk/check";
import type { ChatMessage } from "@ropewalk/generation";
import { chatDocument, responseDocument, textDocument, type Document, type Encoder } from "./tokenize-document.ts";

type Line = Readonly<Record<string, unknown>>;

const textIn = (at: string, line: Line, key: string): string => {
  const value = line[key];
  check(typeof value === "string", `${at}: ${key} must be text`, value, "string");
  return value;
};

/** The roles of ShareGPT's speakers. Any other speaker is taken as a role, which the template may know. */
const speakers: Readonly<Record<string, string>> = {
  human: "user",
  user: "user",
  gpt: "assistant",
  chatgpt: "assistant",
  bing: "assistant",
  bard: "assistant",
};

const messageOf = (at: string, turn: Line): ChatMessage => {
  check(typeof turn === "object" && turn !== null, `${at} must be an object with from and value`, turn, "object");
  const from = textIn(at, turn, "from");
  return { role: Object.hasOwn(speakers, from) ? speakers[from]! : from, content: textIn(at, turn, "value") };
};

/** A turn's weight is not supported: without this check the turn would be learned like any other. */
const checkWeights = (at: string, key: string, turns: unknown): void => {
  for (const [index, turn] of Array.isArray(turns) ? turns.entries() : [])
    if (typeof turn === "object" && turn !== null && Object.hasOwn(turn, "weight"))
      throw new TypeError(
        `${at}: ${key}[${index}] must have no weight, which is not read, got ${show(Object.keys(turn))}`,
      );
};

/** The document of a conversation. Errors of the template get the line in front. */
const inConversation = (encoder: Encoder, at: string, messages: readonly ChatMessage[]): Document => {
  try {
    return chatDocument(encoder, at, messages);
  } catch (error) {
    const { message } = error as Error;
    if (message.startsWith(at)) throw error;
    const Kind = error instanceof TypeError ? TypeError : RangeError;
    throw new Kind(`${at}: ${message}`, { cause: error });
  }
};

type Form = { readonly keys: readonly string[]; readonly read: (encoder: Encoder, at: string, line: Line) => Document };

const forms: readonly Form[] = [
  { keys: ["text"], read: (encoder, at, line) => textDocument(encoder, at, textIn(at, line, "text")) },
  {
    keys: ["prompt", "response"],
    read: (encoder, at, line) =>
      responseDocument(encoder, at, textIn(at, line, "prompt"), textIn(at, line, "response")),
  },
  {
    keys: ["messages"],
    read: (encoder, at, line) => inConversation(encoder, at, line["messages"] as readonly ChatMessage[]),
  },
  {
    keys: ["conversations"],
    read: (encoder, at, line) => {
      const turns = line["conversations"];
      checkArray(at, "conversations", turns, "Array");
      const messages = (turns as readonly Line[]).map((turn, index) =>
        messageOf(`${at}: conversations[${index}]`, turn),
      );
      return inConversation(encoder, at, messages);
    },
  },
];

/** Keys that change what the model reads or says. To ignore them would be to learn something else. */
const unread = ["tools", "functions", "system", "instruction", "input", "output", "completion", "weight"] as const;

const formsInWords = forms.map(({ keys }) => keys.join(" and ")).join(", or ");

const formOf = (at: string, line: Line): Form => {
  const keys = Object.keys(line);
  const found = forms.filter((form) => form.keys.every((key) => keys.includes(key)));
  const beside = unread.filter((key) => keys.includes(key));
  if (found.length !== 1)
    throw new TypeError(`${at} must have ${formsInWords}, exactly one of them, got ${show(keys)}`);
  for (const key of ["messages", "conversations"]) checkWeights(at, key, line[key]);
  if (beside.length > 0)
    throw new TypeError(`${at} must have no ${beside.join(", ")}, which is not read, got ${show(keys)}`);
  return found[0]!;
};

const parsed = (at: string, text: string): Line => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RangeError(`${at} must be JSON, got ${show(text)}`, { cause: error });
  }
  check(
    typeof value === "object" && value !== null && !Array.isArray(value),
    `${at} must be an object`,
    value,
    "object",
  );
  return value as Line;
};

/** The documents of a file. All lines are parsed before the first is encoded, so a broken line is reported even if it is never used. */
export const lineDocuments = (where: string, file: string, encoder: Encoder, text: string): Iterable<Document> => {
  const lines = text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .flatMap((content, index) => {
      if (content.trim() === "") return [];
      const at = `${where}: ${showName(file)}: line ${index + 1}`;
      const line = parsed(at, content);
      return [{ at, line, form: formOf(at, line) }];
    });
  return (function* () {
    for (const { at, line, form } of lines) yield form.read(encoder, at, line);
  })();
};
