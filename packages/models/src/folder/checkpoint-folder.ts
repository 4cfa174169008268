/** The folder of a checkpoint as a value, wherever its files lie: on a disk, in memory, behind an address. */

import { check } from "@ropewalk/check";

/** Bytes that are read a range at a time, so that gigabytes of weights need not be in memory. */
export type ByteSource = {
  /** In bytes. */
  readonly size: number;
  /** Bytes `from` (included) to `to` (excluded), both at most `size`. */
  readonly read: (from: number, to: number) => Promise<Uint8Array>;
};

export type CheckpointFile = {
  readonly source: ByteSource;
  /**
   * How a backend reaches the bytes itself: by a path that it memory-maps, or in memory. Bytes of the kind `source` can be read from `source`
   * alone, and are put into memory before a backend reads them.
   */
  readonly external:
    | { readonly kind: "path"; readonly folder: string; readonly file: string }
    | { readonly kind: "bytes"; readonly file: string; readonly data: Uint8Array }
    | { readonly kind: "source"; readonly file: string };
  /**
   * Says in words what has changed since the file was opened: its size, or the time it was last written. Undefined when nothing has;
   * absent where a file cannot change.
   */
  readonly changed?: () => Promise<string | undefined>;
};

/** A file whose bytes a backend reaches itself. */
export type HeldFile = CheckpointFile & {
  readonly external: Exclude<CheckpointFile["external"], { readonly kind: "source" }>;
};

export type CheckpointFolder = {
  readonly name: string;
  /** The file of that name; undefined where there is none. */
  readonly file: (name: string) => Promise<CheckpointFile | undefined>;
  /** The GGUF file that is the model, or any part of one in several files. Absent: the folder is a checkpoint's, an adapter's or an export's. */
  readonly gguf?: string;
};

/** @throws TypeError for what is no opened folder, such as a path or a URL */
export const checkFolder = (where: string, folder: CheckpointFolder): void =>
  check(
    typeof (folder as CheckpointFolder | undefined)?.file === "function",
    `${where}: folder must be a folder that openFolder, openUrl, openHub or inMemory opened`,
    (folder as unknown) instanceof URL ? (folder as unknown as URL).href : folder,
    // Only the type is wrong here: a TypeError for every value.
    "function",
  );

export const inMemoryFile = (file: string, data: Uint8Array): HeldFile => ({
  source: { size: data.length, read: async (from, to) => data.subarray(from, to) },
  external: { kind: "bytes", file, data },
});

/** A folder of files that are in memory, by name. */
export const inMemory = (name: string, files: Readonly<Record<string, Uint8Array>>): CheckpointFolder => ({
  name,
  file: async (file) => {
    const data = Object.hasOwn(files, file) ? files[file] : undefined;
    return data && inMemoryFile(file, data);
  },
});
