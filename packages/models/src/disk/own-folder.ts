/** A folder that goes with the process that made it. */
import { existsSync, mkdirSync, rmdirSync, rmSync } from "node:fs";
import { lstat, readdir, rm, utimes } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { check } from "@ropewalk/check";
import { atEnd } from "./at-process-end.ts";
import { isAbandoned, ownName, prefixForm, signEvery } from "./folder-owner.ts";

export type OwnFolder = {
  readonly path: string;
  /** Removes it, then the folders above that were made for it, while they are empty. */
  readonly remove: () => Promise<void>;
  /** From now on it stays; it has another name, or is somebody else's. */
  readonly letGo: () => void;
};

/** What is written while it is removed makes removing fail; it is done again. */
const everything = { recursive: true, force: true, maxRetries: 5, retryDelay: 20 } as const;

const removeLeftovers = async (parent: string): Promise<void> => {
  for (const name of await readdir(parent).catch(() => [])) {
    const path = join(parent, name);
    const found = name.includes("ropewalk-") && (await lstat(path).catch(() => undefined));
    // One that is another user's stays; that is no reason for this run to fail.
    if (found && found.isDirectory() && isAbandoned(name, found.mtimeMs)) await rm(path, everything).catch(() => {});
  }
};

/**
 * Makes a folder and those above it that are missing, and adds these to `made`. One by one: what Node has for all at once does not
 * end in a file system that takes none, such as /proc.
 */
const makeMissing = (folder: string, made: Set<string>): void => {
  if (existsSync(folder)) return;
  makeMissing(dirname(folder), made);
  try {
    mkdirSync(folder);
    made.add(folder);
  } catch (error) {
    // Another may have made it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
};

const removeEmpty = (folders: readonly string[]): void => {
  try {
    for (const folder of folders) rmdirSync(folder);
  } catch {
    // One that others use, or have removed.
  }
};

const lowestFirst = (folders: Iterable<string>): readonly string[] => [...folders].sort((a, b) => b.length - a.length);

/** Makes a folder and those above it, and gives those, the lowest first. Others may remove an empty one meanwhile. */
const make = (parent: string, path: string, mode: number): readonly string[] => {
  const made = new Set<string>();
  for (let left = 10; ; left--) {
    try {
      makeMissing(parent, made);
      mkdirSync(path, { mode });
      return lowestFirst(made);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT" && left > 0) continue;
      removeEmpty(lowestFirst(made));
      throw error;
    }
  }
};

/**
 * Makes a folder in `parent`, which is made where it is missing. It is removed when the process ends, by itself or by a signal;
 * what a killed process left in `parent` is removed now.
 *
 * @param prefix - what its name begins with: `ropewalk-` and a word, or `.ropewalk-` and a word
 * @param mode - its permissions; absent: for this user alone
 * @throws RangeError when the prefix is another, by which what is left would not be known again
 */
export const ownFolder = async (parent: string, prefix: string, mode = 0o700): Promise<OwnFolder> => {
  check(prefixForm.test(prefix), "ownFolder: prefix must be ropewalk- and a word, or .ropewalk- and a word", prefix);
  const above = resolve(parent);
  await removeLeftovers(above);
  const path = join(above, ownName(prefix));
  // At once, so that no signal comes between making it and knowing of it.
  const made = make(above, path, mode);
  const callOff = atEnd(() => {
    rmSync(path, everything);
    removeEmpty(made);
  });
  const sign = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), signEvery);
  sign.unref();
  const letGo = (): void => {
    callOff();
    clearInterval(sign);
  };
  return {
    path,
    letGo,
    remove: async () => {
      await rm(path, everything);
      letGo();
      removeEmpty(made);
    },
  };
};
