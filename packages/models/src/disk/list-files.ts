/** Lists the files of a model's folder and of the folders in it, within limits: a large tree is not walked. */
import { checkPath } from "@ropewalk/check";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Entries of all folders together. A model's folder has dozens. */
const mostEntries = 10_000;
const mostLevels = 8;

export type Listing = {
  /** Relative to the folder, in order. */
  readonly files: readonly string[];
  /** Entries that are neither a file, nor a folder, nor a link to a file: by name, what each is. */
  readonly others: ReadonlyMap<string, string>;
};

/** What a link leads to, in words; undefined where it leads to a file. */
const behindLink = async (path: string): Promise<string | undefined> => {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return "a link that leads nowhere";
  if (found.isFile()) return undefined;
  return found.isDirectory() ? "a link to a folder" : "a link to no file";
};

/**
 * Lists files by their names. Nothing is opened, and links to folders are not followed. Names that begin with a dot are left out, and so is
 * node_modules.
 *
 * @param where - the function that errors name
 * @throws RangeError when the folder has more entries than a model's folder has
 */
export const listFiles = async (where: string, folder: string): Promise<Listing> => {
  checkPath(where, "folder", folder);
  const files: string[] = [];
  const others = new Map<string, string>();
  let seen = 0;
  const walk = async (inside: string, level: number): Promise<void> => {
    const entries = await readdir(join(folder, inside), { withFileTypes: true });
    seen += entries.length;
    if (seen > mostEntries || level > mostLevels)
      throw new RangeError(
        `${where}: ${folder} must be a model's own folder, with at most ${mostEntries} files, ${mostLevels} folders deep, got more`,
      );
    for (const entry of entries) {
      const file = join(inside, entry.name);
      if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
      if (entry.isDirectory()) await walk(file, level + 1);
      else {
        const other = entry.isFile()
          ? undefined
          : entry.isSymbolicLink()
            ? await behindLink(join(folder, file))
            : "no file";
        if (other === undefined) files.push(file);
        else others.set(file, other);
      }
    }
  };
  await walk("", 0);
  return { files: files.toSorted(), others };
};
