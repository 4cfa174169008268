/** Opens a checkpoint's folder on a disk, for Node. */
import { checkPath } from "@ropewalk/check";
import type { Stats } from "node:fs";
import { open, readdir, realpath, type FileHandle } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { CheckpointFolder, HeldFile } from "../folder/checkpoint-folder.ts";
import { ggufOfFolder } from "../folder/gguf-of-folder.ts";
import { isGgufName } from "../gguf/model-names.ts";
import { changeBetween, statIfThere } from "./file-changes.ts";
import { followLinks } from "./follow-links.ts";

/** Node refuses to read 2 GiB or more in one call. */
const mostAtOnce = 2 ** 30;

/** Bytes `from` to `to` of an open file. */
export const readFrom = async (handle: FileHandle, path: string, from: number, to: number): Promise<Uint8Array> => {
  const bytes = new Uint8Array(to - from);
  for (let done = 0; done < bytes.length;) {
    const length = Math.min(bytes.length - done, mostAtOnce);
    const { bytesRead } = await handle.read(bytes, done, length, from + done);
    if (bytesRead === 0) throw new RangeError(`read: ${path} must have ${to} bytes, got ${from + done}`);
    done += bytesRead;
  }
  return bytes;
};

/** Bytes `from` to `to` of a file that must be the one that was found, before they are read and behind. */
const readRange = async (path: string, found: Stats, from: number, to: number): Promise<Uint8Array> => {
  const handle = await open(path);
  const checkSame = async (): Promise<void> => {
    const change = changeBetween(found, await handle.stat());
    if (change !== undefined) throw new RangeError(`read: ${path} must be as it was when it was opened, got ${change}`);
  };
  try {
    await checkSame();
    const bytes = await readFrom(handle, path, from, to);
    await checkSame();
    return bytes;
  } finally {
    await handle.close();
  }
};

/** The file at a path without links: a runtime that maps the files of a folder refuses a link that leads out of it. */
const fileAt = (path: string, found: Stats): HeldFile => ({
  source: { size: found.size, read: (from, to) => readRange(path, found, from, to) },
  external: { kind: "path", folder: dirname(path), file: basename(path) },
  changed: async () => changeBetween(found, await statIfThere(path)),
});

/**
 * The file of that name in a folder; undefined where there is none.
 *
 * @param where - the function that errors name
 * @throws RangeError when the name, or a link, leads out of the folder
 */
export const fileIn = async (where: string, folder: string, file: string): Promise<HeldFile | undefined> => {
  const found = await statIfThere(join(folder, file));
  if (!found?.isFile()) return undefined;
  const { path, refused } = await followLinks(folder, file);
  if (refused !== undefined) throw new RangeError(`${where}: ${refused}`);
  return fileAt(path, found);
};

/** The file that the caller named, wherever its links lead. */
const namedFile = async (path: string): Promise<HeldFile | undefined> => {
  const found = await statIfThere(path);
  return found?.isFile() ? fileAt(await realpath(path), found) : undefined;
};

const pathOf = (folder: string | URL): string => {
  if (typeof folder !== "string" && folder.protocol !== "file:")
    throw new RangeError(`openFolder: a URL must be a file: URL, got ${folder.href}`);
  const path = typeof folder === "string" ? folder : fileURLToPath(folder);
  checkPath("openFolder", "folder", path);
  return resolve(path);
};

const filesIn =
  (folder: string): CheckpointFolder["file"] =>
  (name) =>
    fileIn("openFolder", folder, name);

/** A GGUF file as a model. */
const namedGguf = (path: string): CheckpointFolder => {
  const gguf = basename(path);
  const others = filesIn(dirname(path));
  return { name: gguf, file: (name) => (name === gguf ? namedFile(path) : others(name)), gguf };
};

/** A folder as a model: of the GGUF file in it, or, without one, of all its files. */
const folderAt = (path: string, gguf: string | undefined): CheckpointFolder => ({
  name: gguf ?? basename(path),
  file: filesIn(path),
  ...(gguf !== undefined && { gguf }),
});

/** Whether there is a GGUF file of that path: by its name, or, as a blob of Ollama's has another name, by its first bytes. */
export const isGgufFile = async (path: string): Promise<boolean> => {
  const found = await statIfThere(path);
  if (!found?.isFile()) return false;
  return (
    isGgufName(path) || (found.size >= 4 && new TextDecoder().decode(await readRange(path, found, 0, 4)) === "GGUF")
  );
};

/**
 * Opens the folder of a checkpoint, or of an adapter, or a GGUF file, by its path or that of the folder that it lies in alone. Files are read a
 * range at a time, and named by path for a backend to memory-map.
 *
 * @throws RangeError naming the path when there is no such folder, it is neither a folder nor a GGUF file, it has no config.json, no
 *   adapter_config.json and no GGUF file, or several GGUF models and no other weights. A file of the folder rejects with a RangeError when its
 *   name, or a link, leads out of the folder: `followLinks`. A GGUF file that is named by its path may be a link to anywhere.
 */
export const openFolder = async (folder: string | URL): Promise<CheckpointFolder> => {
  const path = pathOf(folder);
  if (await isGgufFile(path)) return namedGguf(path);
  const found = await statIfThere(path);
  if (!found?.isDirectory()) {
    const kind = found ? "folder or a GGUF file" : isGgufName(path) ? "GGUF file" : "folder";
    throw new RangeError(`openFolder: ${path} must be a ${kind}, got ${found ? "a file" : "nothing"}`);
  }
  return folderAt(path, ggufOfFolder("openFolder", path, await readdir(path)));
};
