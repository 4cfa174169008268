/**
 * What tells bytes from others that come part by part:
 *
 *   h_0 = 0,   h_n = SHA-256(h_(n-1), SHA-256(part n))
 */

const sha256 = async (bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));

/** h_0. */
export const noParts = (): Uint8Array => new Uint8Array(32);

/** h_n, of h_(n-1) and part n. */
export const withPart = async (hash: Uint8Array, part: Uint8Array): Promise<Uint8Array> => {
  const both = new Uint8Array(64);
  both.set(hash);
  both.set(await sha256(part), 32);
  return sha256(both);
};
