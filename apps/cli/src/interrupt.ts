/** Ctrl-C as a signal that a run ends by, with one line and not with a stack. */
export const interruptSignal = (command: string): AbortSignal => {
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort(new Error(`${command}: aborted`)));
  return interrupt.signal;
};
