/**
 * A lock that gives a file one writer. The lock is a folder beside the file, whose name states the owner:
 *
 *   .ropewalk-lock-<hash of the file's name>-<space>.<pid>.<start>-<random>
 *
 * A process first makes its own lock and then looks for others, so of two processes the second sees the first. A lock whose process has
 * ended does not count, and is removed.
 */
import { ownFolder, type OwnFolder } from "@ropewalk/models/node";
import { createHash } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";

/** The path with links resolved, so that two names of one file have one lock. */
const realPath = (file: string): string => {
  const path = resolve(file);
  if (existsSync(path)) return realpathSync(path);
  return resolve(realpathSync(dirname(path)), basename(path));
};

/** Attempts. Two processes that come at the same moment both give way and try again. */
const tries = 5;

/** @throws Error that names the file, and the process that holds the lock */
export const lockFile = async (where: string, file: string): Promise<OwnFolder> => {
  const path = realPath(file);
  const prefix = `.ropewalk-lock-${createHash("sha256").update(basename(path)).digest("hex").slice(0, 12)}`;
  for (let left = tries; ; left--) {
    const own = await ownFolder(dirname(path), prefix);
    const others = (await readdir(dirname(path))).filter(
      (name) => name.startsWith(`${prefix}-`) && name !== basename(own.path),
    );
    if (others.length === 0) return own;
    await own.remove();
    if (left <= 1) {
      const pid = /\.(\d+)\.\d+-[0-9a-f]+$/.exec(others[0]!)?.[1];
      throw new Error(
        `${where}: ${file} must be written by one at a time, got another: ${pid === undefined ? others[0] : `process ${pid}`}`,
      );
    }
    await setTimeout(20 + Math.random() * 80);
  }
};
