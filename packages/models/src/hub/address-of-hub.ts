/** The hub's address, as paths are put behind it. */
import { check, show } from "@ropewalk/check";

const urlOf = (text: string): URL | undefined => {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
};

/**
 * The address without a slash at its end.
 *
 * @param name - what states it: an option, or a variable of the environment
 * @throws TypeError when it is no text; RangeError when it is no address of a server, or has more than a path
 */
export const addressOfHub = (where: string, name: string, address: unknown): string => {
  check(typeof address === "string", `${where}: ${name} must be text`, address, "string");
  const url = urlOf(address);
  check(
    url !== undefined && /^https?:$/.test(url.protocol),
    `${where}: ${name} must be an address that begins with https:// or http://`,
    address,
  );
  // Names and passwords are secrets: the message shows the host alone.
  if (url.username || url.password || url.search || url.hash)
    throw new RangeError(
      `${where}: ${name} must be an address without a user's name, a password, ? and #, got ${show(url.host)} with one of them`,
    );
  return url.href.replace(/\/+$/, "");
};
