/** What ends a run from outside: a key (Ctrl-C), or a reader of the results that has had enough (`| head -2`). */

/** An end that is no failure of the run's own: the status to leave with, and nothing or one line to say. */
export type Ending = Error & { readonly exitStatus: number };

export const ending = (message: string, exitStatus: number): Ending =>
  Object.assign(new Error(message), { exitStatus });

/** What a shell makes of a program that Ctrl-C ended: 128 and the signal's number. */
const interrupted = 130;

/** Aborted by the first Ctrl-C, with one line and not with a stack, and in silence when the results can't be written on. */
export const interruptSignal = (command: string): AbortSignal => {
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort(ending(`${command}: stopped`, interrupted)));
  // What kept it from being written is told where the output is watched.
  process.stdout.once("error", () => interrupt.abort(ending("", 0)));
  return interrupt.signal;
};

/** While nothing can be aborted, as in a download: the first Ctrl-C cleans up and ends the process. Gives what undoes that. */
export const endOnInterrupt = (cleanUp: () => void): (() => void) => {
  const end = (): void => {
    cleanUp();
    process.exit(interrupted);
  };
  process.once("SIGINT", end);
  return () => void process.removeListener("SIGINT", end);
};
