/** A checkpoint whose tensors in bfloat16 are float32 in memory, for runtimes that cannot read bfloat16. */
import type { WeightLocation } from "@ropewalk/decoder";
import type { Checkpoint } from "./checkpoint.ts";
import { inMemoryFile, type CheckpointFile } from "../folder/checkpoint-folder.ts";
import { denseNames, matricesInBlocks } from "../quantize/matrices.ts";
import { readDense } from "./read-dense.ts";

/** @returns the checkpoint itself where nothing is stored in bfloat16 */
export const upcastCheckpoint = async (checkpoint: Checkpoint): Promise<Checkpoint> => {
  const { decoder, locate } = checkpoint;
  const blocks = matricesInBlocks(checkpoint);
  const dense = denseNames(decoder, blocks);
  const places = new Map<string, WeightLocation>();
  const files: CheckpointFile[] = [];
  for (const name of dense) {
    if (locate(name).type !== "bfloat16") continue;
    const data = new Uint8Array((await readDense(checkpoint, name)).buffer);
    files.push(inMemoryFile(name, data));
    places.set(name, { location: name, offset: 0, length: data.length, type: "float32" });
  }
  if (places.size === 0) return checkpoint;
  const place = (name: string): WeightLocation => places.get(name) ?? locate(name);
  const read = new Set([
    ...dense.map((name) => place(name).location),
    ...[...blocks.values()].flatMap(({ elements, scales }) => [elements.location, scales.location]),
  ]);
  return {
    ...checkpoint,
    // Files from which nothing is read any more are let go.
    files: [...checkpoint.files, ...files].filter(({ external }) => read.has(external.file)),
    locate: place,
  };
};
