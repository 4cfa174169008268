/**
 * Server-sent events that go as fast as they are read.
 *
 * A few events are kept for a reader that is slow; then the run waits. One that reads nothing for `stallTimeout` milliseconds, or that
 * has gone, ends the run, so that it holds neither memory nor a place.
 */
import { errorBody, innerError, isWireError } from "./error.ts";

export type StreamConfig = {
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  readonly stallTimeout: number;
  /** Milliseconds between comments while nothing comes: proxies cut connections that are silent for a minute or so. */
  readonly quietInterval: number;
  /** Told of errors that are the server's own. */
  readonly onError: (error: unknown) => void;
};

/** Events, until they end or the signal is aborted. */
export type Events = (signal: AbortSignal) => AsyncGenerator<object, void, undefined>;

export type EventStream = {
  readonly body: ReadableStream<Uint8Array>;
  /** Settles when the run has ended, however it did. */
  readonly ended: Promise<void>;
};

/** Events that wait for a slow reader. */
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
    // Looked at when the reader asks for it, which may be never.
    event.catch(() => {});
    return event;
  };
  // Begun at once: what has not begun would not give its place back.
  let next = goOn();
  let stalled: ReturnType<typeof setTimeout> | undefined;
  let quiet: ReturnType<typeof setInterval> | undefined;
  let isOver = false;
  let hasEnded: () => void = () => {};
  const ended = new Promise<void>((resolve) => (hasEnded = resolve));

  /** Nothing more is sent. Of a run that is cut off, nobody reads what it throws. */
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
  // nginx passes each event on as it comes.
  "x-accel-buffering": "no",
};
