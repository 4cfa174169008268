/** A dense tensor's elements, in float32. */
import type { Checkpoint } from "./checkpoint.ts";
import { readStored } from "./stored-bytes.ts";
import { upcast } from "./upcast.ts";

/** The elements of a tensor that the decoder reads, row-major, in memory of their own. */
export const readDense = async (checkpoint: Checkpoint, name: string): Promise<Float32Array> => {
  const place = checkpoint.locate(name);
  return upcast(place.type, await readStored(checkpoint, place));
};
