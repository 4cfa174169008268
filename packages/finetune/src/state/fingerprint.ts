/** A hash over the parts of a model or of a set of samples, one after another. */
import { startHashChain, extendHashChain } from "@ropewalk/models";

/** 64 hexadecimal digits. */
export const fingerprint = async (parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<string> => {
  let hash = startHashChain();
  for await (const part of parts) hash = await extendHashChain(hash, part);
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};

export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

export const textBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
