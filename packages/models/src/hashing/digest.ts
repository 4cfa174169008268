/** Hashes of bytes by Web Crypto, which browsers and Node have. */

export const digest = async (algorithm: "SHA-256" | "SHA-1", bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest(algorithm, bytes as Uint8Array<ArrayBuffer>));

export const toHex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
