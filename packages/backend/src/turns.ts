/** Taking turns: what a runtime that is one per process cannot do at once is done one after another, whoever asks. */

export type InTurn = <T>(task: () => Promise<T>) => Promise<T>;

/** A queue of its own: a task begins when those that were given before it have ended, well or not. */
export const takeTurns = (): InTurn => {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const done = last.then(task);
    // What a task gave or threw is for who asked, and is not held until the next one.
    last = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  };
};
