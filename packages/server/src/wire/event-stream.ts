/**
 * Server-sent events, as fast as the client reads them.
 *
 * A few events are buffered for a slow reader; then the run waits. If the client reads nothing for `stallTimeout` milliseconds, or has
 * gone, the run is ended, so that it holds neither memory nor a slot.
 */
import { errorBody, innerError, isWireError } from "./error.ts";

export type StreamConfig = {
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  readonly stallTimeout: number;
  /** Milliseconds between comments while no event comes: proxies close connections that are silent for about a minute. */
  readonly quietInterval: number;
  /** Called with errors of the server itself. */
  readonly onError: (error: unknown) => void;
};

/** Events, until they end or the signal is aborted. */
export type Events = (signal: AbortSignal) => AsyncGenerator<object, void, undefined>;

export type EventStream = {
  readonly body: ReadableStream<Uint8Array>;
  /** Settles when the run has ended, however it ended. */
  readonly ended: Promise<void>;
};

/** How many events are buffered for a slow reader. */
const ahead = 32;

const encoder = new TextEncoder();
const asEvent = (data: string): Uint8Array => encoder.encode(`data: ${data}\n\n`);
const comment = encoder.encode(": still here\n\n");

const wordsOf = (error: unknown, onError: StreamConfig["onError"]): string => {
  if (!isWireError(error)) onError(error);
  return JSON.stringify(errorBody(isWireError(error) ? error : innerError()));
};

export const eventStream = (events: Events, config: StreamConfig): EventStream => {
  const { signal, stallTimeout, quietInterval, onError } = config;
  const stop = new AbortController();
  const running = events(stop.signal);
  const goOn = (): ReturnType<typeof running.next> => {
    const event = running.next();
    // Awaited only when the reader asks for it, which may be never.
    event.catch(() => {});
    return event;
  };
  // Started at once: a generator that never started would not give its slot back.
  let next = goOn();
  let stalled: ReturnType<typeof setTimeout> | undefined;
  let quiet: ReturnType<typeof setInterval> | undefined;
  let isOver = false;
  let hasEnded: () => void = () => {};
  const ended = new Promise<void>((resolve) => (hasEnded = resolve));

  /** Ends the stream and its run. Errors of the aborted run are dropped, because nobody reads them. */
  const finish = async (reason: unknown): Promise<void> => {
    if (isOver) return;
    isOver = true;
    clearTimeout(stalled);
    clearInterval(quiet);
    signal.removeEventListener("abort", leave);
    stop.abort(reason);
    await running.return().catch(() => {});
    hasEnded();
  };
  let fail: (reason: unknown) => void = () => {};
  const leave = (): void => fail(signal.reason);

  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        fail = (reason) => {
          if (isOver) return;
          void finish(reason);
          controller.error(reason);
        };
        quiet = setInterval(() => {
          if ((controller.desiredSize ?? 0) > 0) controller.enqueue(comment);
        }, quietInterval);
        if (signal.aborted) leave();
        else signal.addEventListener("abort", leave, { once: true });
      },
      pull: async (controller) => {
        clearTimeout(stalled);
        const last = (event: string): void => {
          if (isOver) return;
          controller.enqueue(asEvent(event));
          controller.close();
          void finish(undefined);
        };
        try {
          const { done, value } = await next;
          if (isOver) return;
          if (done) return last("[DONE]");
          controller.enqueue(asEvent(JSON.stringify(value)));
        } catch (error) {
          return isOver ? undefined : last(wordsOf(error, onError));
        }
        next = goOn();
        if ((controller.desiredSize ?? 0) > 0) return;
        const words = `eventStream: the client must read, got nothing read in ${stallTimeout} ms`;
        stalled = setTimeout(() => fail(new Error(words)), stallTimeout);
      },
      cancel: finish,
    },
    { highWaterMark: ahead },
  );
  return { body, ended };
};

export const eventHeaders: Readonly<Record<string, string>> = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  // Makes nginx pass on each event at once.
  "x-accel-buffering": "no",
};
