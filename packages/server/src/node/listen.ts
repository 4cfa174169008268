/** Serves a fetch handler on a port, by Node's own HTTP server. */
import { check, checkConfig, checkFunction, number, optional, show, whole, type Keys } from "@ropewalk/check";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { errorResponse, wireError } from "../wire/error.ts";
import { checkHosts, isLoopback, ownHosts } from "./own-hosts.ts";
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
  /**
   * Names and addresses, without ports, that requests may state as their host besides `host`, localhost and its addresses: those of a
   * proxy in front. On a loopback address others are answered 421, for a browser may come by a name that was made to lead here. On any
   * other address each host may be stated where this is absent.
   */
  readonly allowedHosts?: readonly string[];
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
  allowedHosts: optional(checkHosts),
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

/** The answer to a request for a host that is not this server's. */
const misdirected = ({ headers: { host } }: IncomingMessage): Response => {
  const got = host === undefined ? "nothing" : show(host);
  const message = `The header host must name this machine, or a host that the server allows, got ${got}.`;
  return errorResponse(wireError(421, message, { code: "misdirected_request" }));
};

/** Whether a request is for this server, by its host. */
type IsOwn = (incoming: IncomingMessage) => boolean;

const responseTo = async (
  fetch: ListenConfig["fetch"],
  isOwn: IsOwn,
  incoming: IncomingMessage,
  signal: AbortSignal,
): Promise<Response> => {
  if (!isOwn(incoming)) return misdirected(incoming);
  let request: Request;
  try {
    request = requestOf(incoming, signal);
  } catch {
    return new Response(null, { status: 400 });
  }
  return fetch(request);
};

const answer = async (
  { fetch, stallTimeout = 60_000 }: ListenConfig,
  isOwn: IsOwn,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> => {
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  try {
    await send(await responseTo(fetch, isOwn, incoming, gone.signal), outgoing, stallTimeout);
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
  const { port, host = ownMachine, allowedHosts } = checkConfig("listen", config, keys);
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", ({ code, message }: NodeJS.ErrnoException) => {
      const why = code === "EADDRINUSE" ? "one that is taken" : message;
      reject(new Error(`listen: port must be free on ${host}, got ${port}, ${why}`));
    });
    server.listen(port, host, resolve);
  });
  const { address, port: taken, family } = server.address() as AddressInfo;
  // A name given as `host` is known by its address only now. No request is read before this function goes on.
  const isOwn = isLoopback(address) || allowedHosts ? ownHosts([host, ...(allowedHosts ?? [])]) : () => true;
  server.on("request", (incoming, outgoing) => void answer(config, isOwn, incoming, outgoing));
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${taken}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
