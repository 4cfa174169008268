/** Notices on stderr beside a result. Only the main thread prints them. */
import { beyondCapacity, type LanguageModel } from "@ropewalk/generation";
import { isMainThread } from "node:worker_threads";
import { oneLine } from "./messages.ts";

export const notice = (text: string): void => {
  if (isMainThread) process.stderr.write(`${oneLine(text)}\n`);
};

/** Says when a run goes beyond what the model and its extension know positions for. */
export const noticeBeyondCapacity = (command: string, { extended }: LanguageModel, length: number): void => {
  const problem = beyondCapacity(extended, length);
  if (problem !== undefined) notice(`${command}: beyond the capacity, run all the same: ${problem}`);
};
