/**
 * Runs tasks when the process ends: when it has no more work, when it exits, or when a signal tells it to end.
 *
 * A signal ends a process only if nothing listens for it. If other code listens too, the signal is left to that code, which exits in its
 * own time or not at all. If not, the tasks are run and the signal is raised again.
 */
const signals = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

/** Marks the listener of this file, also that of another copy of it. */
const mark: unique symbol = Symbol.for("ropewalk at end") as never;

/** How many listeners are of the package signal-exit, which leaves a signal to other listeners, as this file does. */
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

// State of the whole process, which ends once: the tasks that are still to be run.
const tasks = new Set<() => void>();

const runAll = (): void => {
  // The last first: a folder is removed before folders that were made for an earlier one.
  for (const task of [...tasks].toReversed())
    try {
      task();
    } catch {
      // The process ends all the same, and nothing is left that could report the error.
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

const ignore = (): void => {
  process.off("exit", runAll);
  for (const signal of signals) process.off(signal, onSignal);
};

const listen = (): void => {
  // Not twice, where the last task was called off a moment ago.
  ignore();
  process.on("exit", runAll);
  // Before other listeners: one that was added by `once` would be gone when this one counts them.
  for (const signal of signals) process.prependListener(signal, onSignal);
};

const ignoreUnused = (): void => {
  if (tasks.size === 0) ignore();
};

/**
 * Later, since a signal that has come may not have been told yet, and would be lost. The first `setImmediate` may still be of this turn of
 * the event loop; signals are told before the second.
 */
const ignoreSoon = (): void => void setImmediate(() => void setImmediate(ignoreUnused).unref()).unref();

/**
 * Runs a synchronous task when the process ends. It is not run when the process is killed (SIGKILL). In a worker it is run when the
 * worker ends by itself.
 *
 * @returns a function that calls it off
 */
export const atEnd = (task: () => void): (() => void) => {
  if (tasks.size === 0) listen();
  tasks.add(task);
  return () => {
    if (tasks.delete(task) && tasks.size === 0) ignoreSoon();
  };
};
