/** A server that says nothing is not waited for without end: each question, and each piece of a file, has a time limit. */
import { checkNumber } from "@ropewalk/check";

/** Thrown where a server was silent for too long; the message is a clause with the address. */
export class Silence extends Error {}

/** Milliseconds that a server may be silent, at most, where nobody says otherwise. */
export const defaultTimeout = 10_000;

/** What a timer counts to, at most. */
const longestTimeout = 2 ** 31 - 1;

export const checkTimeout = (where: string, name: string, timeout: number): void => {
  const holds = timeout === Infinity || (timeout > 0 && timeout <= longestTimeout);
  checkNumber(where, name, timeout, holds, `above 0 and at most ${longestTimeout} milliseconds, or Infinity`);
};

type Server = {
  readonly fetch: typeof fetch;
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
};

type Limited = {
  readonly fetch: typeof fetch;
  /** Something came: the time begins anew. */
  readonly alive: () => void;
};

/**
 * Does work that asks a server, by a `fetch` that is broken off where nothing has come for `timeout` milliseconds.
 *
 * @throws Silence that names the address and the limit; what the signal was aborted with
 */
export const withinTime = async <Value>(server: Server, work: (limited: Limited) => Promise<Value>): Promise<Value> => {
  // A browser's `fetch` wants to be no object's method.
  const { fetch: send, timeout, signal } = server;
  const broken = new AbortController();
  let address = "";
  let sent = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = (): void =>
    broken.abort(
      new Silence(
        `${address} ${sent ? "sent nothing more" : "did not answer"} within the timeout of ${timeout} milliseconds`,
      ),
    );
  const start = (): void => {
    clearTimeout(timer);
    if (timeout !== Infinity) timer = setTimeout(silence, timeout);
  };
  const abort = (): void => broken.abort(signal?.reason);
  // Who is given another `fetch` may not listen to signals.
  const ended = new Promise<never>((_, reject) => {
    broken.signal.addEventListener("abort", () => reject(broken.signal.reason as Error), { once: true });
  });
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted) abort();
  start();
  try {
    const limited: Server["fetch"] = (input, init) => {
      // What stands behind the question mark may be long, and a secret.
      [address] = (input instanceof Request ? input.url : String(input)).split("?") as [string];
      sent = false;
      return send(input, { ...init, signal: broken.signal });
    };
    const alive = (): void => {
      sent = true;
      start();
    };
    return await Promise.race([work({ fetch: limited, alive }), ended]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
};
