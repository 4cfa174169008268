/** The bodies of requests, as schemas. Null values and ignored fields have been removed before. */
import * as v from "valibot";

/** The fields that both kinds of request have. */
export type AnswerBody = {
  readonly model: string;
  readonly max_tokens?: number | undefined;
  readonly n?: number | undefined;
  readonly temperature?: number | undefined;
  readonly top_p?: number | undefined;
  readonly top_k?: number | undefined;
  readonly min_p?: number | undefined;
  readonly repetition_penalty?: number | undefined;
  readonly frequency_penalty?: number | undefined;
  readonly presence_penalty?: number | undefined;
  readonly logit_bias?: Readonly<Record<string, number>> | undefined;
  readonly stop?: string | readonly string[] | undefined;
  readonly seed?: number | undefined;
  readonly stream?: boolean | undefined;
  readonly stream_options?: { readonly include_usage?: boolean | undefined } | undefined;
};

export type MessageBody = {
  readonly role: string;
  readonly content: string | readonly { readonly type: "text"; readonly text: string }[];
  readonly name?: string | undefined;
};

export type ChatBody = AnswerBody & {
  readonly messages: readonly MessageBody[];
  readonly max_completion_tokens?: number | undefined;
  readonly logprobs?: boolean | undefined;
  readonly top_logprobs?: number | undefined;
};

/** A text, ids, or a list of texts or of ids. */
export type PromptBody = string | readonly string[] | readonly number[] | readonly (readonly number[])[];

export type CompletionBody = AnswerBody & {
  readonly prompt: PromptBody;
  readonly logprobs?: number | undefined;
};

export type BodySchema<Body> = {
  readonly fields: readonly string[];
  readonly schema: v.GenericSchema<unknown, Body>;
};

const count = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most));
const between = (least: number, most: number) => v.pipe(v.number(), v.minValue(least), v.maxValue(most));

/** Any positive number of tokens: whether the model has room for them is checked later. */
const tokens = count(Number.MAX_SAFE_INTEGER);

const stop = v.pipe(v.string(), v.nonEmpty());
const stops = v.pipe(v.array(stop), v.maxLength(16));
/** At most 20, as at OpenAI. */
const mostLogprobs = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(20));

const answer = {
  model: v.pipe(v.string(), v.nonEmpty()),
  max_tokens: v.optional(tokens),
  n: v.optional(count(16)),
  temperature: v.optional(between(0, 2)),
  top_p: v.optional(between(0, 1)),
  top_k: v.optional(v.pipe(v.number(), v.integer(), v.minValue(-1))),
  min_p: v.optional(between(0, 1)),
  repetition_penalty: v.optional(between(0.01, 100)),
  frequency_penalty: v.optional(between(-2, 2)),
  presence_penalty: v.optional(between(-2, 2)),
  logit_bias: v.optional(v.record(v.pipe(v.string(), v.regex(/^(?:0|[1-9]\d*)$/)), between(-100, 100))),
  stop: v.optional(
    v.lazy((given) => (Array.isArray(given) ? stops : stop) as v.GenericSchema<string | readonly string[]>),
  ),
  seed: v.optional(v.pipe(v.number(), v.safeInteger())),
  stream: v.optional(v.boolean()),
  stream_options: v.optional(
    v.strictObject({ include_usage: v.optional(v.boolean()), include_obfuscation: v.optional(v.boolean()) }),
  ),
};

// A schema is chosen by looking at the value, not by trying a union, so that an error names the wrong item of a list.
const one = v.string();
const isId = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;
/** One check for the whole list, because it may have hundreds of thousands of ids. */
const ids = v.custom<readonly number[]>((value) => Array.isArray(value) && value.length > 0 && value.every(isId));
const parts = v.array(v.strictObject({ type: v.literal("text"), text: v.string() }));
const content = v.lazy((given) => (Array.isArray(given) ? parts : one) as v.GenericSchema<MessageBody["content"]>);
const prompts = v.pipe(v.array(one), v.nonEmpty());
const promptIds = v.pipe(v.array(ids), v.nonEmpty());
const prompt = v.lazy((given): v.GenericSchema<PromptBody> => {
  if (!Array.isArray(given)) return one;
  const [first] = given as readonly unknown[];
  if (typeof first === "number") return ids;
  return Array.isArray(first) ? promptIds : prompts;
});

const chatEntries = {
  ...answer,
  messages: v.pipe(
    v.array(v.strictObject({ role: v.pipe(v.string(), v.nonEmpty()), content, name: v.optional(v.string()) })),
    v.nonEmpty(),
  ),
  max_completion_tokens: v.optional(tokens),
  logprobs: v.optional(v.boolean()),
  top_logprobs: v.optional(mostLogprobs),
};
const completionEntries = { ...answer, prompt, logprobs: v.optional(mostLogprobs) };

export const chatSchema: BodySchema<ChatBody> = {
  fields: Object.keys(chatEntries),
  schema: v.strictObject(chatEntries),
};

export const completionSchema: BodySchema<CompletionBody> = {
  fields: Object.keys(completionEntries),
  schema: v.strictObject(completionEntries),
};
