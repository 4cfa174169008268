/** Ends of a run from outside: Ctrl-C, or a reader that closes the pipe (`| head -2`). */

/** An end that is no failure of the run: its exit status, and a message of one line or none. */
export type Ending = Error & { readonly exitStatus: number };

export const ending = (message: string, exitStatus: number): Ending =>
  Object.assign(new Error(message), { exitStatus });

/** The shell's exit status of a program that Ctrl-C ended: 128 plus the signal's number. */
const interrupted = 130;

/** A signal that the first Ctrl-C aborts with a message of one line, and a closed standard output aborts without a message. */
export const interruptSignal = (command: string): AbortSignal => {
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort(ending(`${command}: stopped`, interrupted)));
  // `watchOutput` reports why the output cannot be written.
  process.stdout.once("error", () => interrupt.abort(ending("", 0)));
  return interrupt.signal;
};

/** For work that cannot be aborted, such as a download: the first Ctrl-C cleans up and ends the process. Returns a function that undoes this. */
export const endOnInterrupt = (cleanUp: () => void): (() => void) => {
  const end = (): void => {
    cleanUp();
    process.exit(interrupted);
  };
  process.once("SIGINT", end);
  return () => void process.removeListener("SIGINT", end);
};
