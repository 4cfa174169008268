/** Writes GGUF files that are too large for memory. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { ggufHead, ggufPadding, type GgufValue } from "@ropewalk/testing/checkpoints/gguf-file";
import { blockTypes, type BlockType } from "./gguf-types.ts";

export type GgufTensor = {
  readonly type: BlockType;
  /** Row-major, the last axis in one run; GGUF writes them the other way round. */
  readonly dims: readonly number[];
  readonly values: () => Promise<Float32Array>;
};

/** Writes a GGUF file, one tensor in memory at a time. */
export const writeGguf = async (
  path: string,
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: Readonly<Record<string, GgufTensor>>,
): Promise<void> => {
  const stream = createWriteStream(path);
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (!stream.write(bytes)) await once(stream, "drain");
  };
  const entries = Object.entries(tensors).map(([name, { type, dims }]) => {
    const { code, bytes } = blockTypes[type];
    const length = bytes(dims.reduce((size, dim) => size * dim, 1));
    return [name, { sizes: dims.toReversed(), type: code, length }] as const;
  });
  await write(ggufHead({ metadata, tensors: Object.fromEntries(entries) }));
  for (const { type, values } of Object.values(tensors)) {
    const bytes = blockTypes[type].encode(await values());
    await write(bytes);
    await write(new Uint8Array(ggufPadding(bytes.length)));
  }
  stream.end();
  await once(stream, "finish");
};
