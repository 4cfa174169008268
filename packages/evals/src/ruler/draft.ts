/** A sample before it is fitted to a length: what is asked is drawn, what fills the rest grows by units. */
import type { TextCodec } from "@ropewalk/generation";
import type { TaskSample } from "../task.ts";
import { largestCount } from "./fit.ts";

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
  /** Ends with the answer prefix. */
  readonly prompt: string;
  readonly answerPrefix: string;
  readonly promptTokens: number;
};

/** Tokens of a prompt with as little in it as can be. */
export const leastTokens = (codec: TextCodec, { input, least, answerPrefix }: Draft): number =>
  codec.encode(input(least) + answerPrefix).length;

/** The sample with as much in it as `room` tokens hold. */
export const fitted = (codec: TextCodec, draft: Draft, room: number): RulerSample => {
  const { answers, answerPrefix, least, input, filled } = draft;
  const tokens = (text: string): number => codec.encode(text + answerPrefix).length;
  const units = largestCount((count) => tokens(input(count)), { least, room });
  const text =
    filled === undefined
      ? input(units)
      : filled(
          units,
          largestCount((count) => tokens(filled(units, count)), { least: 0, room, most: room }),
        );
  return { prompt: text + answerPrefix, answers, answerPrefix, promptTokens: tokens(text) };
};
