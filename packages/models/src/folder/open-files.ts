/** Files that a page was given, dropped or chosen, as a folder. */
import { check, showName } from "@ropewalk/check";
import { blobSource, type BlobLike } from "@ropewalk/gguf";
import type { ByteSource, CheckpointFolder } from "./checkpoint-folder.ts";
import { ggufOfFolder } from "./gguf-of-folder.ts";

/** The part of a `File` that is read. Of a folder that was chosen, `webkitRelativePath` begins with the folder's name. */
export type FileLike = BlobLike & { readonly name: string; readonly webkitRelativePath?: string };

type Place = { readonly folder: string | undefined; readonly name: string };

const placeOf = ({ name, webkitRelativePath }: FileLike): Place => {
  const [folder, ...inside] = (webkitRelativePath ?? "").split("/");
  return inside.length === 0 ? { folder: undefined, name } : { folder, name: inside.join("/") };
};

/** A browser reads a file only as long as it is as it was when the page was given it. */
const sourceOf = (name: string, file: FileLike): ByteSource => {
  const { size, read } = blobSource(file);
  return {
    size,
    read: (from, to) =>
      read(from, to).catch((cause: unknown) => {
        throw new Error(`openFiles: ${showName(name)} must be a file that can be read, got ${String(cause)}`, {
          cause,
        });
      }),
  };
};

const checkFile = (file: unknown, at: number): void => {
  const { slice, name } = Object(file) as Partial<FileLike>;
  check(
    typeof slice === "function" && typeof name === "string",
    `openFiles: files[${at}] must be a File`,
    file,
    // Only the type is wrong here: a TypeError for every value.
    "function",
  );
};

/**
 * Opens a model's files in a page: a GGUF file, or all files of a folder. They are read a range at a time; weights of a GGUF file come into
 * memory one tensor after another, in the form in which they run.
 *
 * @param files - a list of `File`s, such as the `files` of an input or of a drop
 * @throws TypeError for what is no list of Files; RangeError naming the files, where two have one name, or there is neither a config.json nor
 *   one GGUF model, or several GGUF models and no other weights; a file of it rejects with an Error where the browser cannot read it
 */
export const openFiles = (files: Iterable<FileLike>): CheckpointFolder => {
  check(
    typeof (files as Partial<Iterable<FileLike>> | null | undefined)?.[Symbol.iterator] === "function" &&
      typeof files !== "string",
    "openFiles: files must be a list of Files",
    files,
    "function",
  );
  const byName = new Map<string, FileLike>();
  let folder = "the files";
  for (const [at, file] of [...files].entries()) {
    checkFile(file, at);
    const place = placeOf(file);
    check(!byName.has(place.name), "openFiles: files must have names of their own", place.name);
    byName.set(place.name, file);
    folder = place.folder ?? folder;
  }
  const gguf = ggufOfFolder("openFiles", folder, [...byName.keys()]);
  return {
    name: gguf ?? folder,
    ...(gguf !== undefined && { gguf }),
    file: async (name) => {
      const file = byName.get(name);
      return file && { source: sourceOf(name, file), external: { kind: "source", file: name } };
    },
  };
};
