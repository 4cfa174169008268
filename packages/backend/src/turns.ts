/** A queue for a runtime of which each process has only one: tasks run one after another, whoever asks. */

export type InTurn = <T>(task: () => Promise<T>) => Promise<T>;

/** A new queue: a task begins when all tasks before it have ended, whether they succeeded or failed. */
export const takeTurns = (): InTurn => {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const done = last.then(task);
    // The queue itself keeps neither the result nor the error of a task.
    last = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  };
};
