/** Log-probabilities in OpenAI's wire format, for chats and for completions. */
import type { GeneratedToken, TextCodec } from "@ropewalk/generation";

/** What OpenAI writes for -Infinity, which JSON cannot hold. */
const least = -9999;

const finite = (logprob: number): number => Math.max(least, logprob);

/** A token's text inside a longer text. It is decoded after a copy of itself, because a text's first token may lose its space. */
export const textOf = ({ decode }: TextCodec, token: number): string =>
  decode([token, token]).slice(decode([token]).length);

const encoder = new TextEncoder();

const entry = (codec: TextCodec, token: number, logprob: number): object => {
  const text = textOf(codec, token);
  return { token: text, logprob: finite(logprob), bytes: [...encoder.encode(text)] };
};

export const chatLogprobs = (codec: TextCodec, tokens: readonly GeneratedToken[]): object => ({
  content: tokens.map(({ token, logprob = 0, top = [] }) => ({
    ...entry(codec, token, logprob),
    top_logprobs: top.map((each) => entry(codec, each.token, each.logprob)),
  })),
  refusal: null,
});

/** @param from - characters of the answer before these tokens */
export const completionLogprobs = (codec: TextCodec, tokens: readonly GeneratedToken[], from: number): object => {
  const texts = tokens.map(({ token }) => textOf(codec, token));
  const offsets: number[] = [];
  let offset = from;
  for (const text of texts) {
    offsets.push(offset);
    offset += text.length;
  }
  return {
    tokens: texts,
    token_logprobs: tokens.map(({ logprob = 0 }) => finite(logprob)),
    top_logprobs: tokens.map(({ top = [] }) =>
      Object.fromEntries(top.map((each) => [textOf(codec, each.token), finite(each.logprob)])),
    ),
    text_offset: offsets,
  };
};
