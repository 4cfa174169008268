/** Serves a fetch handler on a port, by Node's own HTTP server. */
import { check, checkConfig, checkFunction, number, optional, whole, type Keys } from "@ropewalk/check";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isRebound, isLoopback } from "./rebound.ts";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ReadableStream } from "node:stream/web";

export type ListenConfig = {
  readonly fetch: (request: Request) => Promise<Response>;
  /** 0: any free port. */
  readonly port: number;
  /** Default 127.0.0.1, which only this machine can reach. */
  readonly host?: string;
  /** Milliseconds after which a connection that reads nothing of its answer is closed. Default 60,000. */
  readonly stallTimeout?: number;
};

export type Listening = {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Accepts no more connections, and closes the open ones. */
  readonly close: () => Promise<void>;
};

const ownMachine = "127.0.0.1";

const keys: Keys<ListenConfig> = {
  fetch: checkFunction,
  port: number("an integer from 0 to 65535", (value) => Number.isInteger(value) && value >= 0 && value < 65536),
  host: (where, name, value) =>
    check(value === undefined || (typeof value === "string" && value !== ""), `${where}: ${name} must be text`, value),
  stallTimeout: optional(whole),
};

const requestOf = (incoming: IncomingMessage, signal: AbortSignal): Request => {
  const { method = "GET", url = "/", headers } = incoming;
  const given = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((each): [string, string] => [name, each]),
  );
  const init = { method, headers: given, signal };
  // Nothing reads the host's name.
  const address = new URL(`http://localhost${url}`);
  if (method === "GET" || method === "HEAD") return new Request(address, init);
  // A body that is not read to its end must not close the connection, which the answer still needs.
  const body = ReadableStream.from(incoming.iterator({ destroyOnReturn: false }));
  return new Request(address, { ...init, body, duplex: "half" } as RequestInit);
};

const send = async (response: Response, outgoing: ServerResponse, stallTimeout: number): Promise<void> => {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  // The timer restarts with every write; it runs out while a client does not read.
  outgoing.setTimeout(stallTimeout, () => outgoing.destroy());
  if (response.body === null) return void outgoing.end();
  await pipeline(Readable.fromWeb(response.body as ReadableStream), outgoing);
};

const answer = async (
  { fetch, host = ownMachine, stallTimeout = 60_000 }: ListenConfig,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> => {
  if (isLoopback(host) && isRebound(incoming)) {
    outgoing.writeHead(421, { "Content-Type": "text/plain" }).end("The page's host must be this machine.");
    incoming.resume();
    return;
  }
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  let request: Request;
  try {
    request = requestOf(incoming, gone.signal);
  } catch {
    outgoing.writeHead(400).end();
    return;
  }
  try {
    await send(await fetch(request), outgoing, stallTimeout);
    // The rest of the body is thrown away, so that the connection can be used again.
    incoming.resume();
  } catch {
    // The client has gone, or its stream was aborted.
    outgoing.destroy();
  }
};

/**
 * Starts to serve.
 *
 * @throws Error when the port is taken, or this process may not listen on it
 */
export const listen = async (config: ListenConfig): Promise<Listening> => {
  const { port, host = ownMachine } = checkConfig("listen", config, keys);
  const server = createServer((incoming, outgoing) => void answer(config, incoming, outgoing));
  await new Promise<void>((resolve, reject) => {
    server.once("error", ({ code, message }: NodeJS.ErrnoException) => {
      const why = code === "EADDRINUSE" ? "one that is taken" : message;
      reject(new Error(`listen: port must be free on ${host}, got ${port}, ${why}`));
    });
    server.listen(port, host, resolve);
  });
  const { address, port: taken, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${taken}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
