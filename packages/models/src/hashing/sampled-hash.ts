/**
 * What tells bytes from others without reading all of many:
 *
 *   SHA-256 of them, or where they are more than `stretches` of `stretch` bytes, of as many stretches one behind the other: spread evenly,
 *   the first and the last bytes among them
 */
import { sha256 } from "./canonical-json.ts";
import type { ByteSource } from "../folder/checkpoint-folder.ts";

export type Sampling = { readonly stretches: number; readonly stretch: number };

/** Of a file: up to 64 MiB whole. */
export const fileSampling: Sampling = { stretches: 1024, stretch: 1 << 16 };

/** Of one of many tensors: up to 256 KiB whole. Training changes every matrix, nearly everywhere. */
export const tensorSampling: Sampling = { stretches: 16, stretch: 1 << 14 };

/** Of bytes `from` to `to` of a source. */
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
