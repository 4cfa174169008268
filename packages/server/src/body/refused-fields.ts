/** Fields of OpenAI's format that this server does not support. Each is either ignored or refused by name. */
import { closest, showName } from "@ropewalk/check";
import { wireError } from "../wire/error.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Ignored fields: they name the user or control OpenAI's own servers, and do not change the answer. */
export const withoutEffect: readonly string[] = [
  "user",
  "metadata",
  "store",
  "safety_identifier",
  "service_tier",
  "prompt_cache_key",
  "prompt_cache_retention",
  "parallel_tool_calls",
];

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
const isOnly =
  (...allowed: readonly unknown[]) =>
  (value: unknown): boolean =>
    allowed.includes(value);
const never = (): boolean => false;

type Refused = {
  /** Whether the value is harmless, so that the field can be ignored. `null` always can. */
  readonly asksNothing: (value: unknown) => boolean;
  readonly why: string;
};

const toolsWhy = "models are not told of tools here; write them into a message, and read the answer yourself";

/** Refused fields: a request with one of them wants something that this server cannot do. */
const refused: Readonly<Record<string, Refused>> = {
  tools: { asksNothing: isEmpty, why: toolsWhy },
  tool_choice: { asksNothing: isOnly("none", "auto"), why: toolsWhy },
  functions: { asksNothing: isEmpty, why: toolsWhy },
  function_call: { asksNothing: isOnly("none", "auto"), why: toolsWhy },
  response_format: {
    asksNothing: (value) => (value as { readonly type?: unknown } | undefined)?.type === "text",
    why: "answers are text; other formats are not enforced",
  },
  modalities: {
    asksNothing: (value) => Array.isArray(value) && value.every((each) => each === "text"),
    why: "answers are text",
  },
  audio: { asksNothing: never, why: "answers are text" },
  prediction: { asksNothing: never, why: "answers are not predicted" },
  reasoning_effort: { asksNothing: isOnly("none"), why: "how long a model thinks is its own" },
  verbosity: { asksNothing: isOnly("medium"), why: "how much a model says is its own" },
  web_search_options: { asksNothing: never, why: "nothing is looked up" },
  suffix: { asksNothing: isOnly(""), why: "text is written behind a prompt alone" },
  best_of: { asksNothing: isOnly(1), why: "answers are not ranked; ask for n of them" },
  echo: { asksNothing: isOnly(false), why: "an answer is what follows the prompt" },
};

/**
 * The fields of a body that the schema reads. `null` means absent, as in OpenAI's format.
 *
 * @param known - the fields that the schema reads
 * @throws WireError 400 for a field that is refused or unknown
 */
export const readFields = (body: Fields, known: readonly string[]): Fields => {
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    if (value === null || withoutEffect.includes(name)) continue;
    if (known.includes(name)) {
      read[name] = value;
      continue;
    }
    const row = Object.hasOwn(refused, name) ? refused[name] : undefined;
    if (row?.asksNothing(value)) continue;
    const param = showName(name) || '""';
    if (row !== undefined)
      throw wireError(400, `${param} is not supported: ${row.why}.`, { param, code: "unsupported_parameter" });
    const meant = closest(name, known);
    throw wireError(400, `${param} is not a known parameter${meant === undefined ? "" : `; ${meant} is meant`}.`, {
      param,
      code: "unknown_parameter",
    });
  }
  return read;
};
