/**
 * The entry `./files` in a browser: the same functions on the origin's private file system. A path begins at its root, and folders on it are
 * made. A file that is written replaces the existing one when it is closed, as a whole.
 */
import { check, show } from "@ropewalk/check";
import type * as Node from "../files.ts";

export type { FileParts } from "../files.ts";

/** The part of the file system's interface that is used here, as browsers have it. */
type Writable = {
  readonly write: (data: Uint8Array) => Promise<void>;
  readonly close: () => Promise<void>;
  readonly abort: () => Promise<void>;
};
type FileHandle = {
  readonly getFile: () => Promise<Blob>;
  /** Not every browser has it. */
  readonly createWritable?: () => Promise<Writable>;
};
type Folder = {
  readonly getDirectoryHandle: (name: string, options: { readonly create: boolean }) => Promise<Folder>;
  readonly getFileHandle: (name: string, options?: { readonly create: boolean }) => Promise<FileHandle>;
  readonly removeEntry: (name: string) => Promise<void>;
};
type WithStorage = { readonly storage?: { readonly getDirectory?: () => Promise<Folder> } };

const needs = (where: string, file: string, what: string): Error =>
  new Error(
    `${where}: ${file} needs the origin's private file system, which pages of a secure context have, got ${what}`,
  );

type Place = { readonly folders: readonly string[]; readonly name: string };

const placeOf = (where: string, file: string | URL): Place => {
  if (typeof file !== "string")
    throw new TypeError(
      `${where}: path must be a path in the origin's private file system, got ${show(file instanceof URL ? file.href : file)}`,
    );
  const parts = file.replace(/^\//, "").split("/");
  check(
    parts.every((part) => part !== "" && part !== "." && part !== ".."),
    `${where}: path must be names with / between them, none of them empty, . or ..`,
    file,
  );
  return { folders: parts.slice(0, -1), name: parts.at(-1)! };
};

const nameOf = (error: unknown): string | undefined => (error as { readonly name?: string } | undefined)?.name;

const rootOf = async (where: string, file: string): Promise<Folder> => {
  const storage = (globalThis.navigator as WithStorage | undefined)?.storage;
  if (storage?.getDirectory === undefined) throw needs(where, file, "none");
  return storage.getDirectory().catch((error: unknown) => {
    throw needs(where, file, String(error));
  });
};

const folderOf = async (where: string, file: string, { folders }: Place, create: boolean) => {
  let folder = await rootOf(where, file);
  for (const name of folders) folder = await folder.getDirectoryHandle(name, { create });
  return folder;
};

/** The file's handle, or in words what is there instead. */
const found = async (folder: Folder, name: string): Promise<FileHandle | string> => {
  try {
    return await folder.getFileHandle(name);
  } catch (error) {
    if (nameOf(error) === "NotFoundError") return "nothing";
    if (nameOf(error) === "TypeMismatchError") return "a folder";
    throw error;
  }
};

export const withFile: typeof Node.withFile = async (where, file, use) => {
  const place = placeOf(where, file);
  const path = file as string;
  const handle = await folderOf(where, path, place, false).then(
    (folder) => found(folder, place.name),
    (error: unknown) => {
      if (nameOf(error) === "NotFoundError" || nameOf(error) === "TypeMismatchError") return "nothing";
      throw error;
    },
  );
  if (typeof handle === "string") throw new RangeError(`${where}: ${path} must be a file, got ${handle}`);
  // The file as it is now. Once another is written in its place, reading this one fails.
  const data = await handle.getFile();
  return use({
    size: data.size,
    read: async (from, to) => new Uint8Array(await data.slice(from, to).arrayBuffer()),
  });
};

export const writeFileWhole: typeof Node.writeFileWhole = async (where, file, parts) => {
  const place = placeOf(where, file);
  const path = file as string;
  const refused = (error: unknown): never => {
    if ((error as Error).message.startsWith(`${where}: `)) throw error;
    throw new Error(`${where}: ${path} could not be written: ${String(error)}`, { cause: error });
  };
  const folder = await folderOf(where, path, place, true).catch(refused);
  const before = await found(folder, place.name).catch(refused);
  if (before === "a folder") throw new RangeError(`${where}: ${path} must be absent or a file, got a folder`);
  const handle = await folder.getFileHandle(place.name, { create: true }).catch(refused);
  try {
    if (handle.createWritable === undefined)
      throw needs(where, path, "one whose files cannot be written as a whole (createWritable)");
    const writable = await handle.createWritable().catch(refused);
    let bytes = 0;
    try {
      for await (const part of parts) {
        await writable.write(part).catch(refused);
        bytes += part.byteLength;
      }
    } catch (error) {
      await writable.abort().catch(() => {});
      throw error;
    }
    await writable.close().catch(refused);
    return bytes;
  } catch (error) {
    // The name was only made for this file.
    if (typeof before === "string") await folder.removeEntry(place.name).catch(() => {});
    throw error;
  }
};
