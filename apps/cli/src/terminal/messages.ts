/** Messages on stderr, each on one line. */
import { withoutControls } from "@ropewalk/check";
import type { Ending } from "./interrupt.ts";

/** On one line, without characters that would move a cursor. */
export const oneLine = (text: string): string => withoutControls(text.trim().replaceAll(/\s*[\n\r]\s*/g, " "));

export const wordsOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  // Several errors at once have no message of their own.
  if (error instanceof AggregateError && error.message === "") return error.errors.map(wordsOf).join("; ");
  return error.message;
};

/** Prints the error on one line, and sets the exit status. The message names the input; a stack would only hide it. */
export const fail = (error: unknown): void => {
  const { exitStatus = 1 } = (error ?? {}) as Partial<Ending>;
  const words = oneLine(wordsOf(error));
  if (words !== "") process.stderr.write(`ropewalk: ${words}\n`);
  if (exitStatus !== 0) process.exitCode = exitStatus;
};

/** Watches the outputs: a closed pipe ends the process in silence, a full disk with a message. */
export const watchOutput = (): void => {
  process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    if (code !== "EPIPE" && process.exitCode === undefined)
      fail(new Error(`standard output must be writable, got ${message}`));
  });
  // Without stderr nothing can be reported.
  process.stderr.on("error", () => {});
  process.on("uncaughtException", (error) => {
    fail(error);
    process.exit();
  });
};
