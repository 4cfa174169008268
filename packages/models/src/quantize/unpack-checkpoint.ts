/** A checkpoint whose matrices in blocks are unpacked to float32 in memory, for runtimes that are slow at blocks. */
import type { BlocksLocation, WeightLocation } from "@ropewalk/decoder";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { inMemoryFile, type CheckpointFile } from "../folder/checkpoint-folder.ts";
import { matricesInBlocks } from "./matrices.ts";
import { readStored, type StoredPlace } from "../checkpoint/stored-bytes.ts";
import { unpackBlocks } from "./unpack-blocks.ts";

const unpacked = async (checkpoint: Checkpoint, name: string, blocks: BlocksLocation): Promise<Uint8Array> => {
  const elements = await readStored(checkpoint, blocks.elements);
  const numbers = async (place: StoredPlace): Promise<Float32Array> =>
    new Float32Array((await readStored(checkpoint, place)).slice().buffer);
  const { bits, blockSize } = blocks;
  const offsets = blocks.offsets && (await numbers(blocks.offsets));
  const inner = checkpoint.decoder.tensors[name]!.at(-1)!;
  const stored = { elements, scales: await numbers(blocks.scales), offsets };
  return new Uint8Array(unpackBlocks({ bits, blockSize }, stored, inner).buffer);
};

/** @returns the checkpoint itself where nothing is in blocks */
export const unpackCheckpoint = async (checkpoint: Checkpoint): Promise<Checkpoint> => {
  const { decoder, locate } = checkpoint;
  const matrices = new Map(matricesInBlocks(checkpoint));
  // A tied embedding may be there dense too, beside its blocks.
  if (!matrices.get(decoder.embedding)?.isTable) matrices.delete(decoder.embedding);
  if (matrices.size === 0) return { ...checkpoint, locateBlocks: () => undefined };
  const places = new Map<string, WeightLocation>();
  const files: CheckpointFile[] = [];
  for (const name of Object.keys(decoder.tensors)) {
    const blocks = matrices.get(name);
    const data = blocks
      ? await unpacked(checkpoint, name, blocks)
      : (await readStored(checkpoint, locate(name))).slice();
    files.push(inMemoryFile(name, data));
    places.set(name, {
      location: name,
      offset: 0,
      length: data.length,
      type: blocks ? "float32" : locate(name).type,
    });
  }
  return { ...checkpoint, files, locate: (name) => places.get(name)!, locateBlocks: () => undefined };
};
