/** What is said on stderr when a run goes beyond what the model and its extension know positions for. */
import { beyondCapacity, type LanguageModel } from "@ropewalk/generation";

export const noticeBeyondCapacity = (command: string, { extended }: LanguageModel, length: number): void => {
  const problem = beyondCapacity(extended, length);
  if (problem !== undefined) process.stderr.write(`${command}: beyond the capacity, run all the same: ${problem}\n`);
};
