/** Checks the API key of a request. */
import { wireError } from "./error.ts";

const hashOf = async (text: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));

/** Compares all bytes of two hashes, so that the time does not reveal how much of a key is right. */
const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.reduce((differing, byte, index) => differing | (byte ^ b[index]!), 0) === 0;

/** Throws unless a request shows one of the keys. Without keys every request passes. */
export type CheckKey = (request: Request) => Promise<void>;

/** @returns a check that throws WireError 401 */
export const keyCheck = (keys: readonly string[]): CheckKey => {
  if (keys.length === 0) return async () => {};
  const known = Promise.all(keys.map(hashOf));
  return async (request) => {
    const shown = /^Bearer +(.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    const hash = await hashOf(shown ?? "");
    const right = (await known).map((each) => isSame(each, hash)).includes(true);
    if (shown !== undefined && right) return;
    const message =
      shown === undefined
        ? "The header authorization must be given, as Bearer and the key."
        : "The API key must be one that this server knows.";
    throw wireError(401, message, { code: "invalid_api_key", headers: { "www-authenticate": "Bearer" } });
  };
};
