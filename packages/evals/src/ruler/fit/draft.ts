/** A sample before it is fitted to a length: its question is fixed, and its filler grows by units. */
import { check } from "@ropewalk/check";
import type { TextCodec } from "@ropewalk/generation";
import type { TaskSample } from "../../task/task.ts";
import { largestCount } from "./largest-count.ts";

export type Draft = {
  readonly answers: readonly string[];
  /** The end of the prompt, which the model's answer continues. */
  readonly answerPrefix: string;
  /** The fewest units. */
  readonly least: number;
  /** The prompt without its answer prefix, with so many units. */
  readonly input: (units: number) => string;
  /** The same, with smaller pieces in the room that whole units leave. A piece has at least one token. Absent: units are small. */
  readonly filled?: (units: number, pieces: number) => string;
};

export type RulerSample = Pick<TaskSample, "answers"> & {
  /** The text, or ids if it is a message to the assistant. */
  readonly prompt: string | readonly number[];
  /** The whole prompt, with the answer prefix at its end. */
  readonly text: string;
  readonly answerPrefix: string;
  readonly promptTokens: number;
};

/** How a model reads a prompt: as a text to continue, or as a message whose begun answer it continues. */
export type Reading = {
  readonly kind: "text" | "message";
  readonly write: (input: string, answerPrefix: string) => string;
  readonly encode: (text: string) => readonly number[];
};

/** @throws RangeError when messages are asked for and there is no chat template */
export const readingOf = (where: string, { encode, formatChat }: TextCodec, chat: boolean): Reading => {
  if (!chat) return { kind: "text", write: (input, prefix) => input + prefix, encode: (text) => encode(text) };
  check(formatChat !== undefined, `${where}: chat must be absent for a model without a chat template`, chat);
  return {
    kind: "message",
    write: (content, prefix) => formatChat([{ role: "user", content }]) + prefix,
    // The template writes the special tokens itself.
    encode: (text) => encode(text, { specialTokens: false }),
  };
};

/** The tokens of the shortest prompt. */
export const leastTokens = ({ write, encode }: Reading, { input, least, answerPrefix }: Draft): number =>
  encode(write(input(least), answerPrefix)).length;

/** The sample with as much filler as `room` tokens hold. */
export const fitted = ({ kind, write, encode }: Reading, draft: Draft, room: number): RulerSample => {
  const { answers, answerPrefix, least, input, filled } = draft;
  const tokens = (given: string): number => encode(write(given, answerPrefix)).length;
  const units = largestCount((count) => tokens(input(count)), { least, room });
  const own =
    filled === undefined
      ? input(units)
      : filled(
          units,
          largestCount((count) => tokens(filled(units, count)), { least: 0, room, most: room }),
        );
  const text = write(own, answerPrefix);
  const ids = encode(text);
  return { prompt: kind === "text" ? text : ids, text, answers, answerPrefix, promptTokens: ids.length };
};
