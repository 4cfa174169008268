/** Time limits for servers: for the answer to each request, and for each piece of a file. */
import { checkNumber, type Rule } from "@ropewalk/check";

/** Thrown when a server was silent for too long; the message is a clause with the address. */
export class Silence extends Error {}

/** The most milliseconds that a server may be silent, by default. */
export const defaultTimeout = 10_000;

/** The longest time that a timer can count. */
const longestTimeout = 2 ** 31 - 1;

export const checkTimeout: Rule = (where, name, timeout) => {
  const holds = timeout === Infinity || ((timeout as number) > 0 && (timeout as number) <= longestTimeout);
  checkNumber(where, name, timeout, holds, `above 0 and at most ${longestTimeout} milliseconds, or Infinity`);
};

type Server = {
  readonly fetch: typeof fetch;
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
};

type Limited = {
  readonly fetch: typeof fetch;
  /** To be called when something came: the time begins anew. */
  readonly alive: () => void;
};

/**
 * Does work that asks a server, by a `fetch` that is aborted when nothing has come for `timeout` milliseconds.
 *
 * @throws Silence that names the address and the limit; the signal's reason when it is aborted
 */
export const withinTime = async <Value>(server: Server, work: (limited: Limited) => Promise<Value>): Promise<Value> => {
  // A browser's `fetch` must not be called as a method of an object.
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
  // A `fetch` that the caller passed may ignore signals.
  const ended = new Promise<never>((_, reject) => {
    broken.signal.addEventListener("abort", () => reject(broken.signal.reason as Error), { once: true });
  });
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted) abort();
  start();
  try {
    const limited: Server["fetch"] = (input, init) => {
      // The query of an address may be long, and a secret.
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
