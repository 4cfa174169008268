/** A checkpoint whose matrices are in blocks, with those unpacked to float32, in memory: for runtimes that are slow at blocks. */
import type { BlocksLocation, WeightLocation } from "@ropewalk/decoder";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { inMemoryFile, type CheckpointFile } from "../folder/checkpoint-folder.ts";
import { matricesOf } from "./matrices.ts";
import { fileOf } from "../checkpoint/stored-bytes.ts";
import { unpackBlocks } from "./unpack-blocks.ts";

type Place = Omit<WeightLocation, "type">;

const read = (checkpoint: Checkpoint, { location, offset, length }: Place): Promise<Uint8Array> =>
  fileOf(checkpoint, location).source.read(offset, offset + length);

const unpacked = async (checkpoint: Checkpoint, name: string, blocks: BlocksLocation): Promise<Uint8Array> => {
  const elements = await read(checkpoint, blocks.elements);
  const scales = new Float32Array((await read(checkpoint, blocks.scales)).slice().buffer);
  const { bits, blockSize } = blocks;
  const inner = checkpoint.decoder.tensors[name]!.at(-1)!;
  return new Uint8Array(unpackBlocks({ bits, blockSize }, { elements, scales }, inner).buffer);
};

/** @returns the checkpoint itself where nothing is in blocks */
export const unpackCheckpoint = async (checkpoint: Checkpoint): Promise<Checkpoint> => {
  const { decoder, locate, locateBlocks } = checkpoint;
  const matrices = new Map(
    matricesOf(decoder).flatMap((name) => {
      const blocks = locateBlocks?.(name);
      // A tied embedding is dense beside its blocks.
      return blocks === undefined || name === decoder.embedding ? [] : [[name, blocks] as const];
    }),
  );
  if (matrices.size === 0) return { ...checkpoint, locateBlocks: () => undefined };
  const places = new Map<string, WeightLocation>();
  const files: CheckpointFile[] = [];
  for (const name of Object.keys(decoder.tensors)) {
    const blocks = matrices.get(name);
    const data = blocks ? await unpacked(checkpoint, name, blocks) : (await read(checkpoint, locate(name))).slice();
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
