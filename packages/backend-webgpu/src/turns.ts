/**
 * The runtime is one per process, in the browser one at a time can wait for the device: sessions are made and run one after
 * another, whoever asks.
 */
let last: Promise<unknown> = Promise.resolve();

export const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
  const done = last.then(task, task);
  last = done;
  return done;
};
