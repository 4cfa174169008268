/** A queue with a limit in front of several workers, each of which runs one sequence at a time. */

/** The right to use a worker, until it is given back. */
export type Slot<Worker> = {
  readonly worker: Worker;
  /** Gives the worker to the next waiting request. Further calls do nothing. */
  readonly leave: () => void;
};

export type RunQueue<Worker> = {
  /**
   * Waits for a slot.
   *
   * @param choose - picks one of the free workers
   * @throws QueueFull at once when the queue is full; the promise rejects with the signal's reason
   */
  readonly enter: (choose: (free: readonly Worker[]) => Worker, signal: AbortSignal) => Promise<Slot<Worker>>;
  /** Whether no worker is free and no further request may wait. */
  readonly isFull: () => boolean;
  /** @throws QueueFull when the queue is full */
  readonly check: () => void;
  readonly waiting: () => number;
  readonly running: () => number;
  /** Settles when no worker runs. */
  readonly empty: () => Promise<void>;
};

export type QueueFull = Error & {
  /** Seconds after which there may be room, an estimate. */
  readonly retryAfter: number;
};

export const isQueueFull = (error: unknown): error is QueueFull => error instanceof Error && "retryAfter" in error;

type Waiting<Worker> = {
  readonly choose: (free: readonly Worker[]) => Worker;
  readonly take: (worker: Worker) => void;
};

/** The weight of the latest run in the moving mean of durations. */
const newest = 0.2;

/** @param limit - how many requests may wait */
export const createRunQueue = <Worker>(workers: readonly Worker[], limit: number): RunQueue<Worker> => {
  let free: readonly Worker[] = workers;
  let waiting: readonly Waiting<Worker>[] = [];
  let seconds = 1;
  const leaving: (() => void)[] = [];

  const slotIn = (worker: Worker): Slot<Worker> => {
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
    throw Object.assign(new Error(`createRunQueue: at most ${limit} may wait, and so many do`), { retryAfter });
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
      if (free.length > 0) return Promise.resolve(slotIn(choose(free)));
      return new Promise((resolve, reject) => {
        const give = (): void => {
          waiting = waiting.filter((each) => each !== own);
          reject(signal.reason);
        };
        const own: Waiting<Worker> = {
          choose,
          take: (worker) => {
            signal.removeEventListener("abort", give);
            resolve(slotIn(worker));
          },
        };
        signal.addEventListener("abort", give, { once: true });
        waiting = [...waiting, own];
      });
    },
  };
};
