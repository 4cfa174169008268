/** The weights of a graph in one file beside it, each at a multiple of 4,096 so that it can be memory-mapped. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { basename } from "node:path";
import type { DataType, FilePlace } from "@ropewalk/graph";
import type { Checkpoint } from "@ropewalk/models";
import { bytesAt, denseTensor, transposed } from "../checkpoints/stored-tensors.ts";

/** A tensor as the graph reads it. */
export type Stored = {
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly place: FilePlace;
  /** Of a matrix in blocks: how many elements of a row share a scale. */
  readonly blockSize: number | undefined;
};

type Source = {
  readonly name: string;
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly bytes: () => Promise<ArrayBufferView>;
  readonly blockSize?: number;
};

/** Matrices that are multiplied by are [in, out], as exports write them, or in blocks as the checkpoint has them. */
const sourcesOf = (checkpoint: Checkpoint): readonly Source[] => {
  const { decoder } = checkpoint;
  const multiplied = new Set([...decoder.projections, decoder.unembedding]);
  return Object.entries(decoder.tensors).flatMap(([name, dims]): readonly Source[] => {
    if (!multiplied.has(name)) return [{ name, type: "float32", dims, bytes: () => denseTensor(checkpoint, name) }];
    const [out, inner] = dims as readonly [number, number];
    const blocks = checkpoint.locateBlocks?.(name);
    if (blocks === undefined) {
      const turned = async (): Promise<Float32Array> => transposed(await denseTensor(checkpoint, name), out, inner);
      return [{ name, type: "float32", dims: [inner, out], bytes: turned }];
    }
    const { bits, blockSize, elements, scales } = blocks;
    const count = Math.ceil(inner / blockSize);
    return [
      {
        ...{ name: `${name}.elements`, type: "uint8", dims: [out, count, (blockSize * bits) / 8] },
        bytes: () => bytesAt(checkpoint, elements),
        blockSize,
      },
      { name: `${name}.scales`, type: "float32", dims: [out, count], bytes: () => bytesAt(checkpoint, scales) },
    ];
  });
};

/** cos and sin of p θ^(-2i / d) at every position p, for the pairs i of a head of d: [positions, d / 2] each. */
const rotations = ({ decoder }: Checkpoint, positions: number): readonly Source[] => {
  const { theta, rotaryDim } = decoder.rope;
  const half = rotaryDim / 2;
  const table = (of: (angle: number) => number): Float32Array =>
    Float32Array.from({ length: positions * half }, (_, at) =>
      of(Math.floor(at / half) / theta ** ((at % half) / half)),
    );
  return [
    { name: "cos_cache", type: "float32", dims: [positions, half], bytes: async () => table(Math.cos) },
    { name: "sin_cache", type: "float32", dims: [positions, half], bytes: async () => table(Math.sin) },
  ];
};

/** Writes them, one in memory at a time, and tells where each lies. */
export const writeOnnxWeights = async (
  path: string,
  checkpoint: Checkpoint,
  positions: number,
): Promise<ReadonlyMap<string, Stored>> => {
  const stream = createWriteStream(path);
  const stored = new Map<string, Stored>();
  let offset = 0;
  const write = async (bytes: Uint8Array): Promise<void> => {
    offset += bytes.length;
    if (!stream.write(bytes)) await once(stream, "drain");
  };
  for (const { name, type, dims, bytes, blockSize } of [
    ...sourcesOf(checkpoint),
    ...rotations(checkpoint, positions),
  ]) {
    await write(new Uint8Array((4096 - (offset % 4096)) % 4096));
    const { buffer, byteOffset, byteLength } = await bytes();
    stored.set(name, { type, dims, blockSize, place: { location: basename(path), offset, length: byteLength } });
    await write(new Uint8Array(buffer, byteOffset, byteLength));
  }
  stream.end();
  await once(stream, "finish");
  return stored;
};
