/** A run inside a worker: a queue of events that were not fetched yet. The run goes on when it is asked for more, as a generator does. */
import type { RunEvent } from "../wire.ts";

/** Calls outside one of the functions among the options. */
export type Tell = (name: string, ...args: readonly unknown[]) => void;

/** The work of a run: a generator, or something like it that gives one result. */
export type Work = {
  readonly next: () => Promise<IteratorResult<unknown, unknown>>;
  /** Ends the work. Settles when it has ended. */
  readonly return: (value: undefined) => Promise<unknown>;
};

export type Run = {
  readonly next: () => Promise<readonly RunEvent[]>;
  readonly abort: () => void;
  readonly leave: () => Promise<void>;
};

/** The fields of an error beside its class and message, such as a code and numbers. */
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
        const event = new Promise<void>((resolve) => {
          wake = resolve;
        });
        if (!isRunning) void goOn();
        await event;
      }
      const fetched = events;
      events = [];
      if (hasEnded) onEnd();
      return fetched;
    },
    abort: () => stop.abort(),
    leave: async () => {
      stop.abort();
      onEnd();
      try {
        await going.return(undefined);
      } catch {
        // Nobody reads on, so the error of the abort is dropped.
      }
    },
  };
};
