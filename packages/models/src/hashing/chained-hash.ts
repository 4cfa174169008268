/**
 * A hash of bytes that come part by part:
 *
 *   h_0 = 0,   h_n = SHA-256(h_(n-1), SHA-256(part n))
 */

import { digest } from "./digest.ts";

/** h_0, the hash of no parts. */
export const startHashChain = (): Uint8Array => new Uint8Array(32);

/** h_n, from h_(n-1) and part n. */
export const extendHashChain = async (hash: Uint8Array, part: Uint8Array): Promise<Uint8Array> => {
  const both = new Uint8Array(64);
  both.set(hash);
  both.set(await digest("SHA-256", part), 32);
  return digest("SHA-256", both);
};
