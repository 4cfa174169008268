/** Answers in the wire's form: those of a chat, and those of a completion, whole or in chunks. */
import { byKind } from "@ropewalk/check";
import type { FinishReason, Piece, Usage } from "./pieces.ts";

/** What every object of one answer begins with. */
export type Head = { readonly id: string; readonly created: number; readonly model: string };

/** A whole answer. */
export type Choice = { readonly index: number; readonly text: string; readonly reason: FinishReason };

export type Form = {
  readonly newId: () => string;
  readonly whole: (head: Head, choices: readonly Choice[]) => object;
  /** The chunk that a choice begins with, where there is one. */
  readonly begin?: (head: Head, index: number) => object;
  readonly chunk: (head: Head, piece: Piece) => object;
  /** A chunk without choices, for the usage. */
  readonly last: (head: Head) => object;
};

export const usageObject = ({ promptTokens, cachedTokens, newTokens }: Usage): object => ({
  prompt_tokens: promptTokens,
  completion_tokens: newTokens,
  total_tokens: promptTokens + newTokens,
  prompt_tokens_details: { cached_tokens: cachedTokens },
});

const delta = (head: Head, index: number, added: object, reason: FinishReason | null): object => ({
  ...head,
  object: "chat.completion.chunk",
  choices: [{ index, delta: added, logprobs: null, finish_reason: reason }],
});

export const chatForm: Form = {
  newId: () => `chatcmpl-${crypto.randomUUID()}`,
  whole: (head, choices) => ({
    ...head,
    object: "chat.completion",
    choices: choices.map(({ index, text, reason }) => ({
      index,
      message: { role: "assistant", content: text, refusal: null },
      logprobs: null,
      finish_reason: reason,
    })),
  }),
  begin: (head, index) => delta(head, index, { role: "assistant", content: "" }, null),
  chunk: (head, piece) =>
    byKind("chunk", "piece", piece, {
      text: ({ index, text }) => delta(head, index, { content: text }, null),
      end: ({ index, reason }) => delta(head, index, {}, reason),
    }),
  last: (head) => ({ ...head, object: "chat.completion.chunk", choices: [] }),
};

const textObject = (head: Head, choices: readonly object[]): object => ({
  ...head,
  object: "text_completion",
  choices,
});

const textChoice = (index: number, text: string, reason: FinishReason | null): object => ({
  ...{ text, index, logprobs: null },
  finish_reason: reason,
});

export const completionForm: Form = {
  newId: () => `cmpl-${crypto.randomUUID()}`,
  whole: (head, choices) =>
    textObject(
      head,
      choices.map(({ index, text, reason }) => textChoice(index, text, reason)),
    ),
  chunk: (head, piece) =>
    byKind("chunk", "piece", piece, {
      text: ({ index, text }) => textObject(head, [textChoice(index, text, null)]),
      end: ({ index, reason }) => textObject(head, [textChoice(index, "", reason)]),
    }),
  last: (head) => textObject(head, []),
};
