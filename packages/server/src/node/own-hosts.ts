/**
 * The hosts that a server answers for, which keep out a page whose host's name was made to lead to this machine (DNS rebinding). To the
 * browser such a page and this server are one origin, so that it may send anything and read the answers. Nothing else tells it from a
 * program: a browser's GET to its own origin has neither `origin` nor, over http, `sec-fetch-site`.
 */
import { check, checkList } from "@ropewalk/check";
import type { IncomingMessage } from "node:http";
import { isIPv4, isIPv6 } from "node:net";

/** What a URL may have as its host, so that no more than a host is read from it: a name or an address, or an address in brackets. */
const plain = /^(?:[^\s:/?#@\\%[\]]+|\[[\da-f:.]+\])$/i;

/** A name of DNS, or an address. */
const canonical = /^(?:(?!-)[a-z\d_-]{1,63}(?<!-)(?:\.(?!-)[a-z\d_-]{1,63}(?<!-))*|\[[\da-f:]+\])$/;

/** A host as browsers write it: small ASCII letters, and an address of version 6 in its shortest form, in brackets. Absent: it is none. */
const canonicalHost = (text: string): string | undefined => {
  const url = `http://${text}`;
  if (!plain.test(text) || !URL.canParse(url)) return undefined;
  const host = new URL(url).hostname.replace(/\.$/, "");
  // To a URL the number 8080 is an address too.
  return canonical.test(host) && isIPv4(host) === isIPv4(text) ? host : undefined;
};

/** The same for a host that a caller gives, which may be an address of version 6 without brackets. */
const givenHost = (text: string): string | undefined => canonicalHost(isIPv6(text) ? `[${text}]` : text);

/** Whether a host is this machine alone, to whoever asks for it. */
export const isLoopback = (host: string): boolean =>
  /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\]|\[::ffff:7f[\da-f]{2}:[\da-f]+\])$/.test(givenHost(host) ?? "");

/** The rule for hosts that a caller allows. */
export const checkHosts = (where: string, name: string, hosts: unknown): void => {
  checkList(where, name, hosts);
  for (const [index, host] of (hosts as readonly unknown[]).entries())
    check(
      typeof host === "string" && givenHost(host) !== undefined,
      `${where}: ${name}[${index}] must be a host's name or address, without a port`,
      host,
      "string",
    );
};

/**
 * Whether a request names a host of this server's own: this machine, or one of those that are given. It names none where its host is
 * absent, as HTTP 1.0 allows, or stated twice.
 */
export const ownHosts = (given: readonly string[]): ((request: IncomingMessage) => boolean) => {
  const known = new Set(given.map(givenHost));
  return ({ headersDistinct }) => {
    const [stated = "", another] = headersDistinct.host ?? [];
    const host = canonicalHost(stated.replace(/:\d*$/, ""));
    return another === undefined && host !== undefined && (isLoopback(host) || known.has(host));
  };
};
