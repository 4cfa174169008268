/** A request to the hub, and in words what keeps it from an answer: no connection, or no permission. */
import { Silence } from "../url/time-limit.ts";
import type { Hub } from "./hub-options.ts";

export type Answer<Value> =
  | { readonly kind: "answered"; readonly value: Value }
  /** The hub was not reached, or cannot answer for now; `why` is a clause with the address. */
  | { readonly kind: "unreached"; readonly why: string };

/** Thrown where the hub answers with a status that is not a success. */
export class RefusedByHub extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The failure of something that is not the hub's, such as the disk, or a function of the caller. */
class OwnFailure extends Error {}

/** What a request does beside the hub. When it fails, `ask` throws its error as it is. */
export const ours = async <Value>(work: () => Value | Promise<Value>): Promise<Value> => {
  try {
    return await work();
  } catch (error) {
    throw new OwnFailure("", { cause: error });
  }
};

const refusal = ({ id, revision, endpoint, token }: Hub, { status, message }: RefusedByHub): string => {
  const answered = `openHub: ${id}: ${endpoint} answered ${status}`;
  if (status === 401 || status === 403)
    return `${answered}: it has no such repository, or one that wants a token (HF_TOKEN) with access, got ${token === undefined ? "none" : "one without"}`;
  if (status === 404) return `${answered}: it has no model ${id} at the revision ${revision}`;
  return `${answered}: ${message}`;
};

/**
 * Why `fetch` failed: Node says it in the error's cause, and where it tried several addresses, in the cause's code alone; a browser says
 * it in the message. Undefined for an error of another kind.
 */
const connectionFailure = (error: unknown): string | undefined => {
  if (!(error instanceof TypeError)) return undefined;
  const cause = error.cause as { readonly message?: string; readonly code?: string } | undefined;
  return cause === undefined ? error.message : cause.message || cause.code || "no connection";
};

/**
 * @throws Error naming the id, the address and its answer when the hub refuses; the signal's reason when it is aborted; what `ours` threw
 */
export const ask = async <Value>(hub: Hub, request: () => Promise<Value>): Promise<Answer<Value>> => {
  try {
    return { kind: "answered", value: await request() };
  } catch (error) {
    if (error instanceof OwnFailure) throw error.cause;
    hub.signal?.throwIfAborted();
    const unreached = (what: string): Answer<Value> => ({ kind: "unreached", why: `${hub.endpoint} ${what}` });
    if (error instanceof Silence) return { kind: "unreached", why: error.message };
    if (error instanceof RefusedByHub) {
      const { status } = error;
      if (status === 429 || status >= 500) return unreached(`answered ${status}`);
      throw new Error(refusal(hub, error), { cause: error });
    }
    const why = connectionFailure(error);
    if (why !== undefined) return unreached(`could not be reached (${why})`);
    const { message } = error as Error;
    throw new Error(`openHub: ${hub.id}: ${hub.endpoint} must answer as the hub does, got ${message}`, {
      cause: error,
    });
  }
};
