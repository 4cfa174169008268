/**
 * What tells one model or one set of samples from another:
 *
 *   h_0 = 0,   h_n = SHA-256(h_(n-1), SHA-256(part n))
 */

const sha256 = async (bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));

/** 64 hexadecimal digits. */
export const fingerprint = async (parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<string> => {
  let hash: Uint8Array = new Uint8Array(32);
  for await (const part of parts) {
    const both = new Uint8Array(64);
    both.set(hash);
    both.set(await sha256(part), 32);
    hash = await sha256(both);
  }
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};

export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

export const textBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
