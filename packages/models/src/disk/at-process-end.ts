/**
 * What is done when the process ends: when it has run out of work, has exited, or is told to end by a signal.
 *
 * A signal ends a process where nobody listens for it. So where others do, this leaves it to them: they exit in their own time or
 * not at all. Where nobody else does, the tasks are done and the signal is raised again.
 */
const signals = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

/** Marks a listener as one of these, also of another copy of this file. */
const mark: unique symbol = Symbol.for("ropewalk at end") as never;

/** Listeners of the package signal-exit, which leave a signal to whoever else listens, as these do. */
const deferring = (): number => {
  const places = [
    (globalThis as Record<symbol, unknown>)[Symbol.for("signal-exit emitter")],
    (process as unknown as Record<string, unknown>)["__signal_exit_emitter__"],
  ];
  return places.reduce<number>(
    (sum, place) => sum + ((place as { readonly count?: number } | undefined)?.count ?? 0),
    0,
  );
};

const othersListen = (signal: NodeJS.Signals): boolean =>
  process.listeners(signal).filter((listener) => !(mark in listener)).length > deferring();

// A process has one end: this is what is still to be done at it.
const tasks = new Set<() => void>();

const runAll = (): void => {
  // The last first: a folder goes before those that were made for another before it.
  for (const task of [...tasks].toReversed())
    try {
      task();
    } catch {
      // The process ends all the same, and nobody is left to be told.
    }
  tasks.clear();
};

const onSignal: NodeJS.SignalsListener = Object.assign(
  (signal: NodeJS.Signals): void => {
    if (othersListen(signal)) return;
    runAll();
    ignore();
    // Windows has no SIGHUP to send; any signal ends a process there.
    process.kill(process.pid, process.platform === "win32" ? "SIGTERM" : signal);
  },
  { [mark]: true },
);

const listen = (): void => {
  process.on("exit", runAll);
  // Before others: a listener that hears once is gone when it has been called.
  for (const signal of signals) process.prependListener(signal, onSignal);
};

const ignore = (): void => {
  process.off("exit", runAll);
  for (const signal of signals) process.off(signal, onSignal);
};

/**
 * Has a task done when the process ends; it must be synchronous. It cannot be done when the process is killed (SIGKILL), and in a
 * worker it is done when the worker ends by itself.
 *
 * @returns what calls it off
 */
export const atEnd = (task: () => void): (() => void) => {
  if (tasks.size === 0) listen();
  tasks.add(task);
  return () => {
    if (tasks.delete(task) && tasks.size === 0) ignore();
  };
};
