/** The connection to a queue's server, Redis or Valkey. An unreachable or lost server is reported within seconds. */
import { check } from "@ropewalk/check";
import type { RedisOptions } from "bullmq";
import { InvalidArgumentError } from "commander";

/** Milliseconds that a server may take to answer, and that a known server may be away. */
const [patience, longestAway] = [5000, 30_000] as const;

type ServerAddress = {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
  readonly tls?: object;
};

export type QueueAddress = { readonly url: string; readonly shown: string; readonly options: ServerAddress };

/** redis://user:password@host:port/db, or rediss:// with TLS. */
export const readQueueAddress = (text: string): QueueAddress => {
  const fails = (): InvalidArgumentError =>
    new InvalidArgumentError(
      `must be redis://host:port or rediss://host:port, got ${text.replace(/:[^:@/]*@/, ":…@")}`,
    );
  if (!URL.canParse(text)) throw fails();
  const { protocol, hostname, port, username, password, pathname } = new URL(text);
  const db = pathname.replace(/^\//, "");
  if (!["redis:", "rediss:"].includes(protocol) || hostname === "" || !/^\d*$/.test(db)) throw fails();
  return {
    url: text,
    // Without the password, since this text is printed.
    shown: `${protocol}//${hostname}:${port || 6379}${db === "" ? "" : `/${db}`}`,
    options: {
      host: hostname.replace(/^\[|\]$/g, ""),
      port: port === "" ? 6379 : Number(port),
      ...(username === "" ? {} : { username: decodeURIComponent(username) }),
      ...(password === "" ? {} : { password: decodeURIComponent(password) }),
      ...(db === "" ? {} : { db: Number(db) }),
      ...(protocol === "rediss:" ? { tls: {} } : {}),
    },
  };
};

export type QueueConnection = {
  readonly shown: string;
  /** The options of every connection that the queue opens. */
  readonly options: RedisOptions;
  /** Aborted when a known server stays away. */
  readonly lost: AbortSignal;
};

const unreachable = (where: string, shown: string, got: string, cause?: unknown): Error =>
  new Error(`${where}: --queue: ${shown} must be a Redis or Valkey server that answers, got ${got}`, { cause });

/** Pings the server once, without a second attempt. */
const ask = async (where: string, { shown, options }: QueueAddress): Promise<void> => {
  const { Redis } = await import("ioredis");
  const client = new Redis({ ...options, lazyConnect: true, connectTimeout: patience, retryStrategy: () => null });
  let problem: NodeJS.ErrnoException | undefined;
  client.on("error", (error: NodeJS.ErrnoException) => (problem ??= error));
  const late = setTimeout(() => {
    problem ??= new Error(`no answer within ${patience / 1000} s`);
    client.disconnect();
  }, patience);
  try {
    await client.connect();
    check((await client.ping()) === "PONG", `${where}: --queue: ${shown} must answer PONG`, "something else");
  } catch (error) {
    const { code, message } = problem ?? (error as NodeJS.ErrnoException);
    throw unreachable(
      where,
      shown,
      code !== undefined && !message.includes(code) ? `${code}: ${message}` : message,
      error,
    );
  } finally {
    clearTimeout(late);
    client.disconnect();
  }
};

/** @throws Error within seconds when the server cannot be reached */
export const connectQueue = async (where: string, address: QueueAddress): Promise<QueueConnection> => {
  await ask(where, address);
  const away = new AbortController();
  let since: number | undefined;
  return {
    shown: address.shown,
    lost: away.signal,
    options: {
      ...address.options,
      // Commands wait while the server is away, until `lost` is aborted.
      maxRetriesPerRequest: null,
      retryStrategy: (times) => {
        const now = performance.now();
        if (times === 1 || since === undefined) since = now;
        if (now - since > longestAway) {
          away.abort(unreachable(where, address.shown, `nothing for ${longestAway / 1000} s`));
          return null;
        }
        return Math.min(100 * times, 2000);
      },
    },
  };
};
