/** A document as tokens, and which of its tokens are learned. */
import { check } from "@ropewalk/check";
import { ignoredLabel } from "@ropewalk/decoder/training";
import type { ChatMessage, OpenedModel, TextCodec } from "@ropewalk/generation";

export type Document = {
  /** File and line, for error messages. */
  readonly at: string;
  readonly ids: readonly number[];
  readonly labels: readonly number[];
};

/** A model's tokenizer, with its special tokens. */
export type Encoder = {
  readonly name: string;
  readonly codec: TextCodec;
  readonly bosToken: number | undefined;
  readonly stopTokens: readonly number[];
};

/** @throws TypeError when the model has no tokenizer */
export const encoderOf = (where: string, { source, text }: Pick<OpenedModel, "source" | "text">): Encoder => {
  if (text === undefined)
    throw new TypeError(`${where}: ${source.name} must have a tokenizer.json to read text, got none`);
  const { name, bosToken, stopTokens } = source;
  return { name, codec: text, bosToken, stopTokens };
};

/** The number of first tokens that two texts have in common. */
const commonPrefix = (a: readonly number[], b: readonly number[]): number => {
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a[at] === b[at]) at++;
  return at;
};

/** The tokens with the checkpoint's bos in front, where the tokenizer writes none. */
const withBos = ({ bosToken }: Encoder, ids: readonly number[]): readonly number[] =>
  bosToken === undefined || ids[0] === bosToken ? ids : [bosToken, ...ids];

/** A text: all of its tokens are learned. */
export const textDocument = (encoder: Encoder, at: string, text: string): Document => {
  const ids = withBos(encoder, encoder.codec.encode(text));
  return { at, ids, labels: ids };
};

/** A prompt and its response: the response's tokens are learned, and the stop token after it. */
export const responseDocument = (encoder: Encoder, at: string, prompt: string, response: string): Document => {
  const { codec, stopTokens } = encoder;
  const whole = withBos(encoder, codec.encode(prompt + response));
  const [stop] = stopTokens;
  const ids = stop === undefined || whole.at(-1) === stop ? whole : [...whole, stop];
  // A token that joins the prompt's end to the response's beginning counts as part of the response.
  const from = commonPrefix(whole, withBos(encoder, codec.encode(prompt)));
  return { at, ids, labels: ids.map((id, place) => (place < from ? ignoredLabel : id)) };
};

/** The role whose messages are learned. */
const learnedRole = "assistant";

/**
 * A conversation: the assistant's messages are learned, and what the template writes after each. For one message these are the tokens
 * that the conversation up to its end has beyond the prompt that the model would answer.
 */
export const chatDocument = (encoder: Encoder, at: string, messages: readonly ChatMessage[]): Document => {
  const { codec, name } = encoder;
  const format = codec.formatChat;
  if (format === undefined)
    throw new TypeError(`${at}: ${name} must have a chat template to take messages, got none; use prompt and response`);
  const idsOf = (text: string): readonly number[] => codec.encode(text, { specialTokens: false });
  const whole = format(messages, { generationPrompt: false });
  const ids = idsOf(whole);
  const labels = ids.map(() => ignoredLabel);
  for (const [turn, { role }] of messages.entries()) {
    if (role !== learnedRole) continue;
    check(turn > 0, `${at}: messages[0].role must be another than ${learnedRole}, whose words answer something`, role);
    const prompt = format(messages.slice(0, turn));
    const answered = format(messages.slice(0, turn + 1), { generationPrompt: false });
    const goesOn = answered.startsWith(prompt) && whole.startsWith(answered);
    check(
      goesOn,
      `${at}: the chat template must write messages up to [${turn}] as the beginning of the whole; end the conversation there`,
      whole.slice(0, prompt.length),
    );
    const [from, to] = [commonPrefix(ids, idsOf(prompt)), commonPrefix(ids, idsOf(answered))];
    for (let place = from; place < to; place++) labels[place] = ids[place]!;
  }
  return { at, ids, labels };
};
