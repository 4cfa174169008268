/** Runs inside a worker: each a queue of what has come and not been fetched. A run goes on when it is asked for more, as outside. */
import type { RunEvent } from "../wire.ts";

/** Calls a function among the options outside. */
export type Tell = (name: string, ...args: readonly unknown[]) => void;

/** What a run does: a generator, or what gives one result. */
export type Work = {
  readonly next: () => Promise<IteratorResult<unknown, unknown>>;
  /** Ends it, and settles when it has. */
  readonly return: (value: undefined) => Promise<unknown>;
};

export type Run = {
  readonly next: () => Promise<readonly RunEvent[]>;
  readonly abort: () => void;
  readonly leave: () => Promise<void>;
};

/** What an error has beside its class and words: a code and numbers. */
const fieldsOf = (error: unknown): Readonly<Record<string, string | number>> =>
  Object.fromEntries(
    Object.entries(error instanceof Error ? error : {}).filter(([, value]) =>
      ["string", "number"].includes(typeof value),
    ),
  );

export const startRun = (work: (tell: Tell, signal: AbortSignal) => Work, onEnd: () => void): Run => {
  const stop = new AbortController();
  let events: RunEvent[] = [];
  let wake: () => void = () => {};
  let isRunning = false;
  let hasEnded = false;
  const push = (event: RunEvent): void => {
    events.push(event);
    wake();
  };
  const going = work((name, ...args) => push({ kind: "told", name, args }), stop.signal);
  const end = (event: RunEvent): void => {
    hasEnded = true;
    push(event);
  };
  const goOn = async (): Promise<void> => {
    isRunning = true;
    try {
      const { done, value } = await going.next();
      if (done) end({ kind: "done", result: value });
      else push({ kind: "value", value });
    } catch (error) {
      end({ kind: "failed", error, fields: fieldsOf(error) });
    } finally {
      isRunning = false;
    }
  };
  return {
    next: async () => {
      if (events.length === 0) {
        const came = new Promise<void>((resolve) => (wake = resolve));
        if (!isRunning) void goOn();
        await came;
      }
      const given = events;
      events = [];
      if (hasEnded) onEnd();
      return given;
    },
    abort: () => stop.abort(),
    leave: async () => {
      stop.abort();
      onEnd();
      try {
        await going.return(undefined);
      } catch {
        // Nobody reads on, so there is nobody to tell of the abort.
      }
    },
  };
};
