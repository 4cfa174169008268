/** Writes the files of a folder that no other process knows yet. No file is written twice, and none through a link. */
import { constants, mkdirSync } from "node:fs";
import { copyFile, link, open } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize, sep } from "node:path";

type Content = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export type NewFolder = {
  /** Writes a file part by part, and gives how many bytes it has. */
  readonly write: (file: string, parts: Content) => Promise<number>;
  /** Copies a file. Where the disk can, both files share their blocks until one is changed. */
  readonly copy: (source: string, file: string) => Promise<void>;
  /** Gives a file a second name in this folder (a hard link). */
  readonly link: (source: string, file: string) => Promise<void>;
};

/** Makes the folders between `folder` and a file in it. `folder` itself is not made anew if it is gone. */
const makeFolders = (folder: string, file: string): void => {
  const parts = dirname(file).split(sep);
  for (const [index, part] of parts.entries()) {
    if (part === ".") continue;
    try {
      mkdirSync(join(folder, ...parts.slice(0, index + 1)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
};

/**
 * @param where - the function that errors name
 * @param shown - the folder's path, as errors name it
 */
export const newFolder = (where: string, folder: string, shown: string = folder): NewFolder => {
  /** Asks the disk for something, and names the file in the error where the disk refuses. */
  const asking = async <T>(file: string, act: () => T | Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw Object.assign(
        new Error(`${where}: ${join(shown, file)} could not be written: ${message}`, { cause: error }),
        {
          code,
        },
      );
    }
  };
  const placeOf = async (name: string): Promise<{ readonly file: string; readonly path: string }> => {
    const file = normalize(name);
    if (isAbsolute(file) || file.split(sep)[0] === ".." || file === "." || file.endsWith(sep))
      throw new RangeError(`${where}: a file must lie in ${shown}, got ${JSON.stringify(name)}`);
    await asking(file, () => makeFolders(folder, file));
    return { file, path: join(folder, file) };
  };
  return {
    write: async (name, parts) => {
      const { file, path } = await placeOf(name);
      const handle = await asking(file, () => open(path, "wx"));
      let bytes = 0;
      try {
        for await (const part of parts) {
          await asking(file, () => handle.writeFile(part));
          bytes += part.byteLength;
        }
      } finally {
        await asking(file, () => handle.close());
      }
      return bytes;
    },
    copy: async (source, name) => {
      const { file, path } = await placeOf(name);
      await asking(file, () => copyFile(source, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE));
    },
    link: async (source, name) => {
      const { file, path } = await placeOf(name);
      await asking(file, () => link(source, path));
    },
  };
};
