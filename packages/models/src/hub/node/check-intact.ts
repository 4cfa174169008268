/**
 * Checks that a file of the cache still has the hash that is its name. Small files are hashed whenever they are opened. Hashing takes a second
 * a gigabyte, so large files are hashed only if their size is not what their header states.
 */
import { createReadStream } from "node:fs";
import { basename, join } from "node:path";
import { readGgufHeader } from "@ropewalk/gguf";
import type { ByteSource, CheckpointFile } from "../../folder/checkpoint-folder.ts";
import { hashLike } from "./content-hash.ts";
import type { Hub } from "../hub-options.ts";

const small = 1 << 25;
const hashForm = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/** Whether a safetensors file ends where its header says. That is seen without reading all of it. */
const endsAsStated = async ({ size, read }: ByteSource): Promise<boolean> => {
  if (size < 8) return false;
  const first = await read(0, 8);
  const length = Number(new DataView(first.buffer, first.byteOffset).getBigUint64(0, true));
  if (!(length <= Math.min(size - 8, small))) return false;
  try {
    const header = JSON.parse(new TextDecoder().decode(await read(8, 8 + length))) as Readonly<
      Record<string, { readonly data_offsets?: readonly number[] }>
    >;
    const ends = Object.values(header).map(({ data_offsets: offsets }) => offsets?.[1] ?? 0);
    return 8 + length + ends.reduce((last, end) => Math.max(last, end), 0) === size;
  } catch {
    return false;
  }
};

/** Whether a GGUF file has the bytes of all tensors that its header states. */
const holdsItsTensors = (source: ByteSource): Promise<boolean> =>
  readGgufHeader("the file", source).then(
    () => true,
    () => false,
  );

/** @throws Error with the file's path, and what to do, where its content is another than its name says */
export const checkIntact = async ({ id }: Hub, name: string, { source, external }: CheckpointFile): Promise<void> => {
  // Where links are not allowed, a file lies in the snapshot under its own name, which is no hash.
  if (external.kind !== "path" || basename(external.folder) !== "blobs" || !hashForm.test(external.file)) return;
  const isWhole = name.endsWith(".gguf") ? holdsItsTensors : endsAsStated;
  if (source.size > small && (!/\.(?:safetensors|gguf)$/.test(name) || (await isWhole(source)))) return;
  const path = join(external.folder, external.file);
  const hash = await hashLike(external.file, source.size, createReadStream(path));
  if (hash !== external.file)
    throw new Error(
      `openHub: ${id}: ${name} must have the hash ${external.file}, got ${hash} in ${path}; delete that file, and it is fetched again`,
    );
};
