/**
 * A task as a value: it gives prompts with their right answers, and scores a model's answers.
 *
 *   score of a task   the mean of score(answer, sample) over its samples, each from 0 to 1
 */
import type { Prompt, TextCodec } from "@ropewalk/generation";

export type TaskSample = {
  readonly prompt: Prompt;
  /** The right answers. The task's score decides how several of them count. */
  readonly answers: readonly string[];
};

/** The samples that a run asks for. */
export type TaskPlace = {
  /** The model's tokenizer: samples are fitted to a length in its tokens. */
  readonly codec: TextCodec;
  /** Tokens of prompt and answer together, at most. */
  readonly length: number;
  readonly samples: number;
  /** The same seed gives the same samples. */
  readonly seed: number;
};

export type Task<Sample extends TaskSample = TaskSample> = {
  readonly name: string;
  /** Tokens of an answer, at most; it is greedy. */
  readonly maxNewTokens: number;
  readonly samples: (place: TaskPlace) => readonly Sample[] | Promise<readonly Sample[]>;
  /** From 0, wrong, to 1, right. */
  readonly score: (answer: string, sample: Sample) => number;
};
