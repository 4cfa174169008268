/**
 * Files that no runtime can map: those that are computed while they are read, and Blobs. A checkpoint's are put into memory, or on a disk
 * (`disk/hold-on-disk.ts`), before it is run.
 */
import { inMemoryFile, type ByteSource, type CheckpointFile, type HeldFile } from "../folder/checkpoint-folder.ts";
import type { Checkpoint } from "./checkpoint.ts";

export type ComputedFile = {
  readonly source: ByteSource;
  /** All of its bytes in order, so that memory holds one part at a time. */
  readonly parts: () => AsyncIterable<Uint8Array>;
  /** `from` is where the bytes lie that it is computed from. */
  readonly external: {
    readonly kind: "computed";
    readonly file: string;
    readonly from: CheckpointFile["external"]["kind"];
  };
  readonly changed?: CheckpointFile["changed"];
};

/** A checkpoint whose files a runtime can reach. */
export type HeldCheckpoint = Omit<Checkpoint, "files"> & { readonly files: readonly HeldFile[] };

/** Bytes `from` to `to` of what the parts make together. */
const readParts = async (parts: AsyncIterable<Uint8Array>, from: number, to: number): Promise<Uint8Array> => {
  const bytes = new Uint8Array(to - from);
  let at = 0;
  for await (const part of parts) {
    const [first, end] = [Math.max(from - at, 0), Math.min(to - at, part.length)];
    if (first < end) bytes.set(part.subarray(first, end), at + first - from);
    at += part.length;
    if (at >= to) break;
  }
  return bytes;
};

/**
 * A file of bytes that `parts` computes one after another, from the first, whenever any of it is read.
 *
 * @param origin - the file that it is computed from
 */
export const computedFile = (
  file: string,
  size: number,
  origin: CheckpointFile,
  parts: ComputedFile["parts"],
): ComputedFile => ({
  source: { size, read: (from, to) => readParts(parts(), from, to) },
  parts,
  external: { kind: "computed", file, from: origin.external.kind },
  ...(origin.changed && { changed: origin.changed }),
});

export const isComputed = (file: CheckpointFile | ComputedFile): file is ComputedFile =>
  file.external.kind === "computed";

const isFileHeld = (file: CheckpointFile | ComputedFile): file is HeldFile =>
  file.external.kind === "path" || file.external.kind === "bytes";

export const isHeld = (checkpoint: Checkpoint): checkpoint is HeldCheckpoint => checkpoint.files.every(isFileHeld);

/** Whether all that a checkpoint's files are, or are computed from, lies on a disk. */
export const liesOnDisk = ({ files }: Checkpoint): boolean =>
  files.every(({ external }) => (external.kind === "computed" ? external.from : external.kind) === "path");

/** Files in memory, where no runtime can map them; the others as they are. */
export const materializeFiles = async (
  files: readonly (CheckpointFile | ComputedFile)[],
): Promise<readonly HeldFile[]> => {
  const held: HeldFile[] = [];
  // One after another, so that what is read for a file is let go before the next.
  for (const file of files)
    held.push(isFileHeld(file) ? file : inMemoryFile(file.external.file, await file.source.read(0, file.source.size)));
  return held;
};

/** The checkpoint with its computed files and its Blobs in memory; itself where it has none. */
export const holdCheckpoint = async (checkpoint: Checkpoint): Promise<HeldCheckpoint> =>
  isHeld(checkpoint) ? checkpoint : { ...checkpoint, files: await materializeFiles(checkpoint.files) };
