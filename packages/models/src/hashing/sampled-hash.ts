/**
 * A hash of many bytes that reads only some of them:
 *
 *   up to stretches * stretch bytes   SHA-256 of all of them
 *   more                              SHA-256 of that many stretches of that length, spread evenly from the first byte to the last
 */
import { sha256 } from "./canonical-json.ts";
import type { ByteSource } from "../folder/checkpoint-folder.ts";

export type Sampling = { readonly stretches: number; readonly stretch: number };

/** For a file: up to 64 MiB are read whole. */
export const fileSampling: Sampling = { stretches: 1024, stretch: 1 << 16 };

/** For each of many tensors: up to 256 KiB are read whole. Training changes every matrix nearly everywhere. */
export const tensorSampling: Sampling = { stretches: 16, stretch: 1 << 14 };

/** The hash of bytes `from` to `to` of a source, in hexadecimal. */
export const sampledHash = async (
  { read }: ByteSource,
  { from, to }: { readonly from: number; readonly to: number },
  { stretches, stretch }: Sampling,
): Promise<string> => {
  const size = to - from;
  if (size <= stretches * stretch) return sha256(await read(from, to));
  const bytes = new Uint8Array(stretches * stretch);
  for (let index = 0; index < stretches; index++) {
    const at = from + Math.floor((index * (size - stretch)) / (stretches - 1));
    bytes.set(await read(at, at + stretch), index * stretch);
  }
  return sha256(bytes);
};
