/** Questions to the hub. What stops an answer is put in words here, once: no connection, or no permission. */
import { HubApiError } from "@huggingface/hub";
import type { Hub } from "./hub-options.ts";
import { Silence, withinTime } from "../url/time-limit.ts";

export type Answer<Value> =
  | { readonly kind: "answered"; readonly value: Value }
  /** Nobody was there to ask, or could not answer for now; `why` is a clause with the address. */
  | { readonly kind: "unreached"; readonly why: string };

type ClientOptions = { readonly hubUrl: string; readonly fetch: Hub["fetch"]; readonly accessToken?: string };

/** What every call to the hub's client is given. */
const clientOptions = ({ endpoint, token }: Hub, fetch: Hub["fetch"]): ClientOptions => ({
  hubUrl: endpoint,
  fetch,
  ...(token === undefined ? {} : { accessToken: token }),
});

const refusal = ({ id, revision, endpoint, token }: Hub, { statusCode, message }: HubApiError): string => {
  const answered = `openHub: ${id}: ${endpoint} answered ${statusCode}`;
  if (statusCode === 401 || statusCode === 403)
    return `${answered}: it has no such repository, or one that wants a token (HF_TOKEN) with access, got ${token === undefined ? "none" : "one without"}`;
  if (statusCode === 404) return `${answered}: it has no model ${id} at the revision ${revision}`;
  return `${answered}: ${message}`;
};

/** What a failed `fetch` says lies in its cause, and where several addresses were tried, in its code alone. */
const failure = (error: unknown): string | undefined => {
  const cause = error instanceof TypeError ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
  return cause && (cause.message || cause.code || "no connection");
};

/** @throws Error naming the id, the address and its answer when the hub refuses; the signal's reason when it is aborted */
export const ask = async <Value>(hub: Hub, question: () => Promise<Value>): Promise<Answer<Value>> => {
  try {
    return { kind: "answered", value: await question() };
  } catch (error) {
    hub.signal?.throwIfAborted();
    const unreached = (what: string): Answer<Value> => ({ kind: "unreached", why: `${hub.endpoint} ${what}` });
    if (error instanceof Silence) return { kind: "unreached", why: error.message };
    if (error instanceof HubApiError) {
      const { statusCode } = error;
      if (statusCode === 429 || statusCode >= 500) return unreached(`answered ${statusCode}`);
      throw new Error(refusal(hub, error), { cause: error });
    }
    const why = failure(error);
    if (why !== undefined) return unreached(`could not be reached (${why})`);
    const { message, syscall } = error as NodeJS.ErrnoException;
    // The disk's failures are not the hub's.
    if (syscall !== undefined) throw error;
    throw new Error(`openHub: ${hub.id}: ${hub.endpoint} must answer as the hub does, got ${message}`, {
      cause: error,
    });
  }
};

/** Asks the hub's client a question, within the time limit. */
export const askClient = <Value>(
  hub: Hub,
  question: (options: ClientOptions) => Promise<Value>,
): Promise<Answer<Value>> => ask(hub, () => withinTime(hub, ({ fetch }) => question(clientOptions(hub, fetch))));
