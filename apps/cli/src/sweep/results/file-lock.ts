/**
 * One writer a file. A lock is a folder beside the file whose name says whose it is:
 *
 *   .ropewalk-lock-<hash of the file's name>-<space>.<pid>.<start>-<random>
 *
 * Who wants the file makes its own first and looks for others then: of two, the second to make one sees the first. One whose process has
 * ended is no lock, and is removed.
 */
import { ownFolder, type OwnFolder } from "@ropewalk/models/node";
import { createHash } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";

/** Behind links, so that two names of one file are one. */
const realPath = (file: string): string => {
  const path = resolve(file);
  if (existsSync(path)) return realpathSync(path);
  return resolve(realpathSync(dirname(path)), basename(path));
};

/** Two that come at the same moment both give way, and come again. */
const tries = 5;

/** @throws Error that names the file, and the process that has it */
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
