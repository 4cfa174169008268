/** Writes the prompts of tasks as lines of JSON, in the fields of RULER's files. */
import type { TaskSample } from "@ropewalk/evals";
import type { TextCodec } from "@ropewalk/generation";
import { writeResult } from "../output/write-result.ts";
import type { AskedTask } from "./asked-tasks.ts";

/** A sample, with the fields that samples of RULER's tasks add. */
type Sample = TaskSample & { readonly text?: string; readonly answerPrefix?: string; readonly promptTokens?: number };

const lineOf = (
  sample: Sample,
  at: { readonly task: string; readonly max_length: number; readonly index: number },
  maxNewTokens: number,
): string => {
  const { prompt, text = prompt, answers, answerPrefix = "", promptTokens } = sample;
  // The prompt of a user's task may be tokens or messages, and is written as it is.
  const input = typeof text === "string" ? text.slice(0, text.length - answerPrefix.length) : text;
  const length = promptTokens === undefined ? {} : { length: promptTokens + maxNewTokens };
  return `${JSON.stringify({ ...at, input, outputs: answers, answer_prefix: answerPrefix, ...length })}\n`;
};

/**
 * Writes the prompts, length by length and task by task. Equal flags and an equal tokenizer give an equal file.
 *
 * @returns the number of prompts
 * @throws Error that names the file, and whatever a task throws
 */
export const writePrompts = async (
  path: string,
  codec: TextCodec,
  tasks: readonly AskedTask[],
  { lengths, samples, seed }: { readonly lengths: readonly number[]; readonly samples: number; readonly seed: number },
): Promise<number> => {
  let written = 0;
  const lines = async function* (): AsyncGenerator<string> {
    for (const length of lengths)
      for (const { name, task } of tasks) {
        const drawn = await task.samples({ codec, length, samples, seed });
        for (const [index, sample] of drawn.entries()) {
          written++;
          yield lineOf(sample, { task: name, max_length: length, index }, task.maxNewTokens);
        }
      }
  };
  await writeResult("--write", path, lines());
  return written;
};
