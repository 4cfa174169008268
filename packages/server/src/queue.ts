/** Places where a sequence runs, one at a time in each, and a queue with a limit in front of them. */

export type Place<Worker> = {
  readonly worker: Worker;
  /** Gives the place to the next who waits. Once is enough. */
  readonly leave: () => void;
};

export type Places<Worker> = {
  /**
   * A place, when there is one.
   *
   * @param choose - of the workers that are free, the one it would have
   * @throws QueueFull at once where as many wait as may; the promise: whatever the signal was aborted with
   */
  readonly enter: (choose: (free: readonly Worker[]) => Worker, signal: AbortSignal) => Promise<Place<Worker>>;
  /** Whether who came now could not wait. */
  readonly isFull: () => boolean;
  /** @throws QueueFull where it is full */
  readonly check: () => void;
  readonly waiting: () => number;
  readonly running: () => number;
  /** Settles when nobody is in a place. */
  readonly empty: () => Promise<void>;
};

export type QueueFull = Error & {
  /** In how many seconds there may be room. */
  readonly retryAfter: number;
};

export const isQueueFull = (error: unknown): error is QueueFull => error instanceof Error && "retryAfter" in error;

type Waiting<Worker> = {
  readonly choose: (free: readonly Worker[]) => Worker;
  readonly take: (worker: Worker) => void;
};

/** What the last run counts for in the mean of how long they take. */
const newest = 0.2;

/** @param limit - how many may wait */
export const createPlaces = <Worker>(workers: readonly Worker[], limit: number): Places<Worker> => {
  let free: readonly Worker[] = workers;
  let waiting: readonly Waiting<Worker>[] = [];
  let seconds = 1;
  const leaving: (() => void)[] = [];

  const placeIn = (worker: Worker): Place<Worker> => {
    const begun = performance.now();
    let hasLeft = false;
    free = free.filter((each) => each !== worker);
    return {
      worker,
      leave: () => {
        if (hasLeft) return;
        hasLeft = true;
        seconds += newest * ((performance.now() - begun) / 1000 - seconds);
        free = [...free, worker];
        const [next, ...others] = waiting;
        waiting = others;
        next?.take(next.choose(free));
        if (free.length === workers.length) for (const tell of leaving.splice(0)) tell();
      },
    };
  };
  const isFull = (): boolean => free.length === 0 && waiting.length >= limit;
  const check = (): void => {
    if (!isFull()) return;
    const retryAfter = Math.max(1, Math.ceil((seconds * (waiting.length + 1)) / workers.length));
    throw Object.assign(new Error(`createPlaces: at most ${limit} may wait, and so many do`), { retryAfter });
  };
  return {
    isFull,
    check,
    waiting: () => waiting.length,
    running: () => workers.length - free.length,
    empty: async () => {
      if (free.length < workers.length) await new Promise<void>((resolve) => leaving.push(resolve));
    },
    enter: (choose, signal) => {
      check();
      if (signal.aborted) return Promise.reject(signal.reason);
      if (free.length > 0) return Promise.resolve(placeIn(choose(free)));
      return new Promise((resolve, reject) => {
        const give = (): void => {
          waiting = waiting.filter((each) => each !== own);
          reject(signal.reason);
        };
        const own: Waiting<Worker> = {
          choose,
          take: (worker) => {
            signal.removeEventListener("abort", give);
            resolve(placeIn(worker));
          },
        };
        signal.addEventListener("abort", give, { once: true });
        waiting = [...waiting, own];
      });
    },
  };
};
