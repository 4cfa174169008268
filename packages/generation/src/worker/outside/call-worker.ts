/** Runs a handler of a worker from outside: passes its values on, calls functions among the options, sends aborts in and throws its errors. */
import { show } from "@ropewalk/check";
import type { Remote } from "comlink";
import type { Life } from "./worker-life.ts";
import type { SentFolder, Served } from "../wire.ts";

export type Connection = { readonly remote: Remote<Served>; readonly life: Life };

export type Calling = {
  /** The function's name, for errors. */
  readonly where: string;
  readonly work: string;
  readonly args: readonly unknown[];
  /** Functions among the options, by name. */
  readonly listeners?: Readonly<Record<string, ((...args: never[]) => void) | undefined>>;
  readonly signal?: AbortSignal | undefined;
  readonly folder?: SentFolder | undefined;
};

/** The place of a function inside a value, in words. Undefined where there is none. */
const functionIn = (value: unknown, path: string): string | undefined => {
  if (typeof value === "function") return `${path}, ${show(value)}`;
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return undefined;
  // Lists of ids may be long. Only lists of objects are looked through.
  const isWalked = Array.isArray(value)
    ? typeof value[0] === "object"
    : Object.getPrototypeOf(value) === Object.prototype;
  if (!isWalked) return undefined;
  for (const [key, each] of Object.entries(value)) {
    const found = functionIn(each, path === "" ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
};

const checkData = (where: string, args: readonly unknown[]): void => {
  const found = args.map((value) => functionIn(value, "")).find((each) => each !== undefined);
  if (found !== undefined)
    throw new TypeError(`${where}: options must be data, which a worker can be sent, got a function at ${found}`);
};

const withFields = (error: unknown, fields: object): unknown =>
  error instanceof Error ? Object.assign(error, fields) : error;

/** Streams the values of a run. @throws whatever the run throws inside, with its class; the signal's reason; Error when the worker ends */
export const stream = async function* (
  { remote, life }: Connection,
  { where, work, args, listeners = {}, signal, folder }: Calling,
): AsyncGenerator<unknown, unknown, undefined> {
  checkData(where, args);
  const told = Object.keys(listeners).filter((name) => listeners[name] !== undefined);
  const asked = { work, args, listeners: told };
  const run = await life.guard(where, folder === undefined ? remote.start(asked) : remote.start(asked, folder));
  const abort = (): void => void remote.abort(run);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  let hasEnded = false;
  try {
    for (;;)
      for (const event of await life.guard(where, remote.next(run))) {
        if (event.kind === "done" || event.kind === "failed") hasEnded = true;
        if (event.kind === "told") listeners[event.name]?.(...(event.args as never[]));
        else if (event.kind === "value") yield event.value;
        else if (event.kind === "done") return event.result;
        else {
          const isAbort = signal?.aborted === true && (event.error as Error | undefined)?.name === "AbortError";
          throw isAbort ? signal.reason : withFields(event.error, event.fields);
        }
      }
  } finally {
    signal?.removeEventListener("abort", abort);
    if (!hasEnded && life.ended() === undefined) await life.guard(where, remote.leave(run));
  }
};

/** The result of a run that gives no values before it. */
export const call = async <Result>(connection: Connection, calling: Calling): Promise<Result> => {
  const { value } = await stream(connection, calling).next();
  return value as Result;
};
