/** A folder that is removed when the process that made it ends. */
import { existsSync, mkdirSync, rmdirSync, rmSync } from "node:fs";
import { lstat, readdir, rm, utimes } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { check, checkPath } from "@ropewalk/check";
import { atEnd } from "./at-process-end.ts";
import { isAbandoned, ownName, prefixForm, touchInterval } from "./folder-owner.ts";

export type OwnFolder = {
  readonly path: string;
  /** Removes the folder, and the folders above that were made for it, as far as they are empty. */
  readonly remove: () => Promise<void>;
  /** Keeps the folder: it has got another name, or another owner. */
  readonly letGo: () => void;
};

/** Removing fails where something is written meanwhile; then it is tried again. */
export const removeAll = { recursive: true, force: true, maxRetries: 5, retryDelay: 20 } as const;

/** Removes the folders that processes which have ended left in `parent`. */
export const removeLeftovers = async (parent: string): Promise<void> => {
  for (const name of await readdir(parent).catch(() => [])) {
    const path = join(parent, name);
    const found = name.includes("ropewalk-") && (await lstat(path).catch(() => undefined));
    // If it is another user's it stays, and this run goes on.
    if (found && found.isDirectory() && isAbandoned(name, found.mtimeMs)) await rm(path, removeAll).catch(() => {});
  }
};

/**
 * Makes a folder and the missing ones above it, and adds each to `made`. They are made one by one: Node's recursive `mkdir` never ends in a
 * file system that takes no folders, such as /proc.
 */
const makeMissing = (folder: string, made: Set<string>): void => {
  if (existsSync(folder)) return;
  makeMissing(dirname(folder), made);
  try {
    mkdirSync(folder);
    made.add(folder);
  } catch (error) {
    // Another process may have made it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
};

/** Removes folders, the lowest first, as far as they are empty. */
const removeEmpty = (folders: Iterable<string>): void => {
  try {
    for (const folder of [...folders].sort((a, b) => b.length - a.length)) rmdirSync(folder);
  } catch {
    // Others use that folder, or have removed it.
  }
};

/** Makes a folder and the missing ones above it, and adds these to `made`. Tries again where others remove an empty one meanwhile. */
const makeFolder = (parent: string, path: string, mode: number, made: Set<string>): void => {
  for (let left = 10; ; left--) {
    try {
      makeMissing(parent, made);
      return mkdirSync(path, { mode });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || left === 0) throw error;
    }
  }
};

/**
 * Makes a folder in `parent`, and `parent` too where it is missing. The folder is removed when the process ends, by itself or by a signal.
 * Folders that killed processes left in `parent` are removed now.
 *
 * @param prefix - what its name begins with: `ropewalk-` and a word, or `.ropewalk-` and a word
 * @param mode - its permissions; absent: for this user alone
 * @throws RangeError for another prefix: a folder that is left could not be recognised by it
 */
export const ownFolder = async (parent: string, prefix: string, mode = 0o700): Promise<OwnFolder> => {
  check(prefixForm.test(prefix), "ownFolder: prefix must be ropewalk- and a word, or .ropewalk- and a word", prefix);
  checkPath("ownFolder", "parent", parent);
  const above = resolve(parent);
  await removeLeftovers(above);
  const path = join(above, ownName(prefix));
  const made = new Set<string>();
  // Arranged for before there is a folder: a signal that nothing listens for ends the process at once.
  const callOff = atEnd(() => {
    rmSync(path, removeAll);
    removeEmpty(made);
  });
  try {
    makeFolder(above, path, mode, made);
  } catch (error) {
    callOff();
    removeEmpty(made);
    throw error;
  }
  const touching = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), touchInterval);
  touching.unref();
  const letGo = (): void => {
    callOff();
    clearInterval(touching);
  };
  return {
    path,
    letGo,
    remove: async () => {
      await rm(path, removeAll);
      letGo();
      removeEmpty(made);
    },
  };
};
