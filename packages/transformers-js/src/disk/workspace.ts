/** The folders that hold rewritten models in Node, while the process runs. */
import { constants } from "node:fs";
import { copyFile, link, mkdir, realpath, rename, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { ownFolder, type OwnFolder } from "@ropewalk/models/node";

export type Workspace = {
  /** Writes a model, and puts the data files that lie beside the original beside it. Gives the path of the new model. */
  readonly writeModel: (original: string, model: Uint8Array, dataFiles: readonly string[]) => Promise<string>;
  /** Puts a data file beside the rewritten models whose originals lie in the same folder as the file. */
  readonly addData: (original: string) => Promise<void>;
  readonly remove: () => Promise<void>;
};

const { COPYFILE_EXCL, COPYFILE_FICLONE_FORCE } = constants;

/** The ways to put a file into another folder. The first that the disk can do is taken. None of them writes to a file that exists. */
const waysToCarry: readonly ((from: string, to: string) => Promise<void>)[] = [
  // A copy that shares its blocks with the original until one is changed.
  (from, to) => copyFile(from, to, COPYFILE_EXCL | COPYFILE_FICLONE_FORCE),
  // A hard link: one file with two names. Nothing here writes to it.
  (from, to) => link(from, to),
  (from, to) => copyFile(from, to, COPYFILE_EXCL),
];

const linkOrCopy = async (original: string, target: string): Promise<void> => {
  await mkdir(dirname(target), { recursive: true });
  const real = await realpath(original);
  let failure: unknown;
  for (const carry of waysToCarry)
    try {
      return await carry(real, target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") throw error;
      failure = error;
    }
  throw failure;
};

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() ?? false;

/** Does something once for a key; again if it failed. */
const once = <T>(done: Map<string, Promise<T>>, key: string, act: () => Promise<T>): Promise<T> => {
  const before = done.get(key);
  if (before !== undefined) return before;
  const now = act();
  done.set(key, now);
  now.catch(() => done.delete(key));
  return now;
};

/**
 * Folders for rewritten models, one for each folder of originals. ONNX Runtime takes data files from the model's own folder alone, so
 * the data files lie there too: as copies that share blocks if the disk can do that, else as hard links if it can do that, else as
 * copies. The folders are removed when the process ends.
 *
 * @param parent - the folder that these folders are made in; absent: the system's folder for temporary files
 */
export const workspace = (parent: string = tmpdir()): Workspace => {
  const made = new Map<string, Promise<OwnFolder>>();
  const carried = new Map<string, Promise<void>>();
  const folderFor = async (original: string): Promise<string> =>
    (await once(made, dirname(original), () => ownFolder(parent, "ropewalk-models"))).path;
  const carry = (original: string, target: string): Promise<void> =>
    once(carried, target, () => linkOrCopy(original, target));
  return {
    writeModel: async (original, model, dataFiles) => {
      const folder = await folderFor(original);
      for (const file of dataFiles) {
        const data = join(dirname(original), file);
        if (await isFile(data)) await carry(data, join(folder, file));
      }
      const target = join(folder, basename(original));
      const whole = join(folder, `${crypto.randomUUID()}.new`);
      await writeFile(whole, model, { flag: "wx" });
      await rename(whole, target);
      return target;
    },
    addData: async (original) => carry(original, join(await folderFor(original), basename(original))),
    remove: async () => {
      const folders = [...made.values()].toReversed();
      made.clear();
      carried.clear();
      // The last folder is removed first: an earlier one may have made the folder that all lie in.
      for (const folder of folders) await folder.then(({ remove }) => remove());
    },
  };
};
