/** A hub that says nothing is not waited for without end: each question, and each piece of a file, has a time limit. */
import type { Hub } from "./options.ts";

/** Thrown where the hub was silent for too long; the message is a clause with the address. */
export class HubSilence extends Error {}

type Limited = {
  readonly fetch: Hub["fetch"];
  /** Something came: the time begins anew. */
  readonly alive: () => void;
};

/**
 * Does work that asks the hub, by a `fetch` that is broken off where nothing has come for `hub.timeout` milliseconds.
 *
 * @throws HubSilence that names the address and the limit; what the hub's signal was aborted with
 */
export const withinTime = async <Value>(hub: Hub, work: (limited: Limited) => Promise<Value>): Promise<Value> => {
  const { timeout, signal } = hub;
  const broken = new AbortController();
  let address = hub.endpoint;
  let sent = false;
  let timer: NodeJS.Timeout | undefined;
  const silence = (): void =>
    broken.abort(
      new HubSilence(
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
    const fetch: Hub["fetch"] = (input, init) => {
      // What stands behind the question mark may be long, and a secret.
      [address] = (input instanceof Request ? input.url : String(input)).split("?") as [string];
      sent = false;
      return hub.fetch(input, { ...init, signal: broken.signal });
    };
    const alive = (): void => {
      sent = true;
      start();
    };
    return await Promise.race([work({ fetch, alive }), ended]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
};
