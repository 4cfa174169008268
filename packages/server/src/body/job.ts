/** A request as a job for a model: its prompts as ids, its sampling, and its limits. */
import { show } from "@ropewalk/check";
import type { ChatMessage, Sampling, TextCodec } from "@ropewalk/generation";
import type { Served } from "../models.ts";
import { messageEnds } from "../prefixes/message-ends.ts";
import { wireError, type WireError } from "../wire/error.ts";
import { samplingOf } from "./sampling.ts";
import type { AnswerBody, ChatBody, CompletionBody, PromptBody } from "./schema.ts";

export type PromptIds = {
  readonly ids: readonly number[];
  /** The ends of its messages, where later prompts may start to differ. */
  readonly ends: readonly number[];
};

export type Job = {
  readonly prompts: readonly PromptIds[];
  /** The number of answers to each prompt. */
  readonly n: number;
  /** The sampling of the answer with this index. Every answer has a seed of its own. */
  readonly sampling: (index: number) => Sampling;
  /** Absent: as many as the model has room for after the prompt. */
  readonly maxNewTokens: number | undefined;
  readonly stopStrings: readonly string[];
  /** How many of the most likely tokens are reported, beside the chosen one. Absent: no log-probabilities at all. */
  readonly logprobs: number | undefined;
};

/** The most answers to one request. */
const mostAnswers = 64;
/** OpenAI's own default for completions. */
const completionTokens = 16;

const refuse = (param: string, message: string, code = "invalid_value"): WireError =>
  wireError(400, message, { param, code });

const needText = ({ name, model }: Served, param: string): TextCodec => {
  if (model.text === undefined)
    throw refuse(param, `The model ${show(name)} has no tokenizer, to read text and to write it.`);
  return model.text;
};

/** Encodes a text. An error of the template or tokenizer goes to the client, since its message names no files or paths. */
const encoded = <Result>(param: string, encode: () => Result): Result => {
  try {
    return encode();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError)
      throw refuse(param, `The ${param} must be what the model reads: ${error.message}.`);
    throw error;
  }
};

/** Characters of a text that are encoded first, for each token of the context. Most texts have fewer characters a token. */
const charactersPerToken = 8;
/** The end of a cut text may have a few more tokens than the same stretch inside the whole text: at most this many. */
const cutTokens = 64;

/** Refuses a text whose beginning alone does not fit. Encoding megabytes takes long, and holds up all other requests. */
const checkBeginning = ({ model }: Served, param: string, { encode }: TextCodec, text: string): void => {
  const { capacity } = model.extended;
  const most = charactersPerToken * capacity;
  if (text.length <= most) return;
  // Not between the two halves of a surrogate pair.
  const first = text.slice(0, most).replace(/[\uD800-\uDBFF]$/, "");
  const { length } = encoded(param, () => encode(first, { specialTokens: false }));
  if (length > capacity + cutTokens)
    throw refuse(
      param,
      `This model's context is ${capacity} tokens, got ${length} in the first ${first.length} characters of the ${param} alone.`,
      "context_length_exceeded",
    );
};

const chatPrompt = (served: Served, messages: readonly ChatMessage[]): PromptIds => {
  const text = needText(served, "messages");
  const { encodeChat, formatChat } = text;
  if (encodeChat === undefined || formatChat === undefined)
    throw refuse("messages", `The model ${show(served.name)} has no chat template; send a prompt to /v1/completions.`);
  const whole = encoded("messages", () => formatChat(messages));
  checkBeginning(served, "messages", text, whole);
  const ids = encoded("messages", () => encodeChat(messages));
  // Finding message ends takes time, and a prompt that does not fit will be refused anyway.
  const fits = ids.length < served.model.extended.capacity;
  return { ids, ends: served.keeps && fits ? messageEnds(text, messages, ids) : [] };
};

const promptsOf = (prompt: PromptBody): readonly (string | readonly number[])[] =>
  typeof prompt === "string" || typeof prompt[0] === "number"
    ? [prompt as string | readonly number[]]
    : (prompt as readonly (string | readonly number[])[]);

const promptIds = (served: Served, prompt: string | readonly number[]): readonly number[] => {
  if (typeof prompt === "string") {
    const text = needText(served, "prompt");
    checkBeginning(served, "prompt", text, prompt);
    return encoded("prompt", () => text.encode(prompt));
  }
  const { vocabSize } = served.model.extended.decoder;
  const unknown = prompt.find((id) => id >= vocabSize);
  if (unknown !== undefined)
    throw refuse("prompt", `The prompt's ids must be below ${vocabSize}, the model's vocabulary, got ${unknown}.`);
  return prompt;
};

/** @param param - the field that the prompts come from, for messages */
const checkRoom = (
  { model }: Served,
  param: string,
  { prompts, maxNewTokens }: Pick<Job, "prompts" | "maxNewTokens">,
): void => {
  const { capacity } = model.extended;
  for (const {
    ids: { length },
  } of prompts) {
    if (length === 0) throw refuse(param, `The ${param} must be at least 1 token, got none.`);
    const asked = maxNewTokens ?? 1;
    if (length + asked > capacity)
      throw refuse(
        param,
        `This model's context is ${capacity} tokens, got ${length + asked}: ${length} in the ${param}, ${asked} in the answer.`,
        "context_length_exceeded",
      );
  }
};

/** Checks in advance what `generate` would refuse during the run. */
const checkFits = ({ model }: Served, { logit_bias: bias = {} }: AnswerBody, stops: readonly string[]): void => {
  const { vocabSize } = model.extended.decoder;
  const unknown = Object.keys(bias).find((id) => Number(id) >= vocabSize);
  if (unknown !== undefined)
    throw refuse("logit_bias", `logit_bias must be of ids below ${vocabSize}, the model's vocabulary, got ${unknown}.`);
  for (const special of model.text!.specialTokens?.keys() ?? []) {
    const found = stops.find((stop) => stop !== special && stop.includes(special));
    if (found !== undefined)
      throw refuse("stop", `stop must have no special token beside text, as ${show(special)}, got ${show(found)}.`);
  }
};

type Asked = Pick<Job, "prompts" | "logprobs"> & { readonly param: string; readonly asked: number | undefined };

const jobOf = (
  served: Served,
  body: AnswerBody,
  { param, prompts, asked, logprobs }: Asked,
  most: number | undefined,
): Job => {
  if (body.stream_options !== undefined && body.stream !== true)
    throw refuse("stream_options", "stream_options is read where stream is true alone.");
  const { n = 1, stop = [] } = body;
  if (n * prompts.length > mostAnswers)
    throw refuse("n", `A request must ask for at most ${mostAnswers} answers, got ${n * prompts.length}.`);
  if (asked !== undefined && most !== undefined && asked > most)
    throw refuse("max_tokens", `max_tokens must be at most ${most} on this server, got ${asked}.`);
  const stopStrings = [stop].flat() as readonly string[];
  checkFits(served, body, stopStrings);
  checkRoom(served, param, { prompts, maxNewTokens: asked });
  return { prompts, n, sampling: samplingOf(body), maxNewTokens: asked ?? most, stopStrings, logprobs };
};

/**
 * The job of a chat request.
 *
 * @param most - the server's limit for tokens of an answer
 * @throws WireError 400 for messages that the template refuses, and for a prompt that does not fit
 */
export const chatJob = (served: Served, body: ChatBody, most: number | undefined): Job => {
  const { max_tokens: asked, max_completion_tokens: newer = asked, logprobs = false, top_logprobs: top } = body;
  if (top !== undefined && !logprobs)
    throw refuse("top_logprobs", "top_logprobs is read where logprobs is true alone.");
  if (asked !== undefined && asked !== newer)
    throw refuse(
      "max_tokens",
      `max_tokens must be as max_completion_tokens where both are given, got ${asked} and ${newer}.`,
    );
  const prompts = [chatPrompt(served, body.messages as readonly ChatMessage[])];
  return jobOf(
    served,
    body,
    { param: "messages", prompts, asked: newer, logprobs: logprobs ? (top ?? 0) : undefined },
    most,
  );
};

export const completionJob = (served: Served, body: CompletionBody, most: number | undefined): Job => {
  needText(served, "prompt");
  const prompts = promptsOf(body.prompt).map((each) => ({ ids: promptIds(served, each), ends: [] }));
  const fallback = Math.min(completionTokens, most ?? completionTokens);
  const asked = body.max_tokens ?? fallback;
  return jobOf(served, body, { param: "prompt", prompts, asked, logprobs: body.logprobs }, most);
};
