/**
 * Requests of a page whose host's name was made to lead to this machine (DNS rebinding). To the browser such a page and this server are one
 * origin, so that it may send anything and read the answers. It shows by the host that the page was loaded from: a name that is
 * not this machine's. Programs that are no browsers, and proxies, may call the machine what they like.
 */
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

/** Whether an address, or a name, is that of this machine alone. */
export const isLoopback = (host: string): boolean =>
  /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|::1|::ffff:127(?:\.\d+){3})$/i.test(host);

const nameIn = (host: string): string => host.replace(/:\d*$/, "").replace(/^\[(.*)\]$/, "$1");

/** Browsers send one of these with every request that can do harm. */
const isOfPage = ({ headers }: IncomingMessage): boolean =>
  headers.origin !== undefined || headers["sec-fetch-site"] !== undefined;

/** An address as a host needs no name, and cannot be made to lead elsewhere. */
export const isRebound = (request: IncomingMessage): boolean => {
  const name = nameIn(request.headers.host ?? "");
  return isOfPage(request) && isIP(name) === 0 && !isLoopback(name);
};
