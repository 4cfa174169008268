/** A dense tensor's elements, in float32. */
import type { Checkpoint } from "./checkpoint.ts";
import { fileOf } from "./stored-bytes.ts";
import { upcast } from "./upcast.ts";

/** The elements of a tensor that the decoder reads, row-major, in memory of their own. */
export const readDense = async (checkpoint: Checkpoint, name: string): Promise<Float32Array> => {
  const { type, location, offset, length } = checkpoint.locate(name);
  return upcast(type, await fileOf(checkpoint, location).source.read(offset, offset + length));
};
