/** A sample before it is fitted to a length: what is asked is drawn, what fills the rest grows by units. */
import { check } from "@ropewalk/check";
import type { TextCodec } from "@ropewalk/generation";
import type { TaskSample } from "../../task/task.ts";
import { largestCount } from "./largest-count.ts";

export type Draft = {
  readonly answers: readonly string[];
  /** What the model's answer goes on from; the prompt ends with it. */
  readonly answerPrefix: string;
  /** Fewest units. */
  readonly least: number;
  /** The prompt before its answer prefix, with so many units. */
  readonly input: (units: number) => string;
  /** The same with smaller pieces in the room that whole units leave, each a token or more. Absent: units are small. */
  readonly filled?: (units: number, pieces: number) => string;
};

export type RulerSample = Pick<TaskSample, "answers"> & {
  /** The text, or its ids where it is a message to the assistant. */
  readonly prompt: string | readonly number[];
  /** All of the prompt; it ends with the answer prefix. */
  readonly text: string;
  readonly answerPrefix: string;
  readonly promptTokens: number;
};

/** How a model reads a prompt: as text that it goes on with, or as a message whose answer it goes on with. */
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

/** Tokens of a prompt with as little in it as can be. */
export const leastTokens = ({ write, encode }: Reading, { input, least, answerPrefix }: Draft): number =>
  encode(write(input(least), answerPrefix)).length;

/** The sample with as much in it as `room` tokens hold. */
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
