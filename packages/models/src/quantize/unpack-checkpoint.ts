/** A checkpoint whose matrices in blocks are unpacked to float32 in memory, for runtimes that are slow at blocks. */
import type { BlocksLocation, WeightLocation } from "@ropewalk/decoder";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { inMemoryFile, type CheckpointFile } from "../folder/checkpoint-folder.ts";
import { matricesInBlocks } from "./matrices.ts";
import { readStored } from "../checkpoint/stored-bytes.ts";
import { unpackBlocks } from "./unpack-blocks.ts";

const unpacked = async (checkpoint: Checkpoint, name: string, blocks: BlocksLocation): Promise<Uint8Array> => {
  const elements = await readStored(checkpoint, blocks.elements);
  const scales = new Float32Array((await readStored(checkpoint, blocks.scales)).slice().buffer);
  const { bits, blockSize } = blocks;
  const inner = checkpoint.decoder.tensors[name]!.at(-1)!;
  return new Uint8Array(unpackBlocks({ bits, blockSize }, { elements, scales }, inner).buffer);
};

/** @returns the checkpoint itself where nothing is in blocks */
export const unpackCheckpoint = async (checkpoint: Checkpoint): Promise<Checkpoint> => {
  const { decoder, locate } = checkpoint;
  const matrices = new Map(matricesInBlocks(checkpoint));
  // A tied embedding is there dense too, beside its blocks.
  matrices.delete(decoder.embedding);
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
