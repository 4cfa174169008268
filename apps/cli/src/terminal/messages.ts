/** Messages to people, on stderr: a line each, whatever they hold. */
import { withoutControls } from "@ropewalk/check";
import type { Ending } from "./interrupt.ts";

/** On one line, without characters that would move a cursor. */
export const oneLine = (text: string): string => withoutControls(text.trim().replaceAll(/\s*[\n\r]\s*/g, " "));

export const wordsOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  // Several errors at once have no words of their own.
  if (error instanceof AggregateError && error.message === "") return error.errors.map(wordsOf).join("; ");
  return error.message;
};

/** Says what went wrong, and leaves the status to end with. A message names the input; a stack would only bury it. */
export const fail = (error: unknown): void => {
  const { exitStatus = 1 } = (error ?? {}) as Partial<Ending>;
  const words = oneLine(wordsOf(error));
  if (words !== "") process.stderr.write(`ropewalk: ${words}\n`);
  if (exitStatus !== 0) process.exitCode = exitStatus;
};

/** Watches where results and messages go: a closed pipe ends in silence, a full disk in a line. */
export const watchOutput = (): void => {
  process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    if (code !== "EPIPE" && process.exitCode === undefined)
      fail(new Error(`standard output must be writable, got ${message}`));
  });
  // Nobody is left who could be told.
  process.stderr.on("error", () => {});
  process.on("uncaughtException", (error) => {
    fail(error);
    process.exit();
  });
};
