/** The objects of OpenAI's wire format for chats and for completions, whole or in chunks. */
import { byKind } from "@ropewalk/check";
import type { GeneratedToken, TextCodec } from "@ropewalk/generation";
import { chatLogprobs, completionLogprobs } from "./logprobs.ts";
import type { FinishReason, Piece, Usage } from "./pieces.ts";

/** The fields that every object of one answer begins with. */
export type Head = { readonly id: string; readonly created: number; readonly model: string };

/** A whole answer. */
export type Choice = {
  readonly index: number;
  readonly text: string;
  readonly reason: FinishReason;
  readonly tokens: readonly GeneratedToken[];
};

/** What is needed to write a piece. */
export type Writing = {
  readonly head: Head;
  /** Given where log-probabilities are asked for: it writes the tokens as text. */
  readonly codec: TextCodec | undefined;
};

export type Form = {
  readonly newId: () => string;
  readonly whole: (writing: Writing, choices: readonly Choice[]) => object;
  /** The first chunk of a choice, for forms that have one. */
  readonly begin?: (head: Head, index: number) => object;
  /** @param from - characters of the answer before this piece */
  readonly chunk: (writing: Writing, piece: Piece, from: number) => object;
  /** The last chunk: it has no choices, and carries the usage. */
  readonly last: (head: Head) => object;
};

export const usageObject = ({ promptTokens, cachedTokens, newTokens }: Usage): object => ({
  prompt_tokens: promptTokens,
  completion_tokens: newTokens,
  total_tokens: promptTokens + newTokens,
  prompt_tokens_details: { cached_tokens: cachedTokens },
});

type Delta = { readonly index: number; readonly delta: object; readonly logprobs?: object | null };

const deltaChunk = (head: Head, { index, delta, logprobs = null }: Delta, reason: FinishReason | null): object => ({
  ...head,
  object: "chat.completion.chunk",
  choices: [{ index, delta, logprobs, finish_reason: reason }],
});

export const chatForm: Form = {
  newId: () => `chatcmpl-${crypto.randomUUID()}`,
  whole: ({ head, codec }, choices) => ({
    ...head,
    object: "chat.completion",
    choices: choices.map(({ index, text, reason, tokens }) => ({
      index,
      message: { role: "assistant", content: text, refusal: null },
      logprobs: codec ? chatLogprobs(codec, tokens) : null,
      finish_reason: reason,
    })),
  }),
  begin: (head, index) => deltaChunk(head, { index, delta: { role: "assistant", content: "" } }, null),
  chunk: ({ head, codec }, piece) =>
    byKind("chunk", "piece", piece, {
      text: ({ index, text, tokens }) =>
        deltaChunk(
          head,
          { index, delta: { content: text }, logprobs: codec ? chatLogprobs(codec, tokens) : null },
          null,
        ),
      end: ({ index, reason }) => deltaChunk(head, { index, delta: {} }, reason),
    }),
  last: (head) => ({ ...head, object: "chat.completion.chunk", choices: [] }),
};

const textObject = (head: Head, choices: readonly object[]): object => ({
  ...head,
  object: "text_completion",
  choices,
});

type Text = { readonly index: number; readonly text: string; readonly logprobs: object | null };

const textChoice = (text: Text, reason: FinishReason | null): object => ({ ...text, finish_reason: reason });

export const completionForm: Form = {
  newId: () => `cmpl-${crypto.randomUUID()}`,
  whole: ({ head, codec }, choices) =>
    textObject(
      head,
      choices.map(({ index, text, reason, tokens }) => {
        const logprobs = codec ? completionLogprobs(codec, tokens, 0) : null;
        return textChoice({ index, text, logprobs }, reason);
      }),
    ),
  chunk: ({ head, codec }, piece, from) =>
    byKind("chunk", "piece", piece, {
      text: ({ index, text, tokens }) => {
        const logprobs = codec ? completionLogprobs(codec, tokens, from) : null;
        return textObject(head, [textChoice({ index, text, logprobs }, null)]);
      },
      end: ({ index, reason }) => textObject(head, [textChoice({ index, text: "", logprobs: null }, reason)]),
    }),
  last: (head) => textObject(head, []),
};
