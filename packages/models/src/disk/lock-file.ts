/**
 * A lock that gives a file or a folder one writer. The lock is a folder beside it, whose name states the owner:
 *
 *   .ropewalk-lock-<hash of the name>-<space>.<pid>.<start>-<random>
 *
 * A process first makes its own lock and then looks for others, so of two processes the second sees the first. A lock whose process has
 * ended does not count, and is removed.
 */
import { createHash } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { checkPath } from "@ropewalk/check";
import { statIfThere } from "./file-changes.ts";
import { longestSilence } from "./folder-owner.ts";
import { ownFolder, type OwnFolder } from "./own-folder.ts";

/** The path with links resolved, so that two names of one file have one lock. */
const realPath = (file: string): string => {
  const path = resolve(file);
  if (existsSync(path)) return realpathSync(path);
  const folder = dirname(path);
  return resolve(existsSync(folder) ? realpathSync(folder) : folder, basename(path));
};

/** The lock, or the name of another's that is held. Two that come at the same moment both give way. */
const tryLock = async (path: string): Promise<OwnFolder | string> => {
  const prefix = `.ropewalk-lock-${createHash("sha256").update(basename(path)).digest("hex").slice(0, 12)}`;
  const own = await ownFolder(dirname(path), prefix);
  const others = (await readdir(dirname(path))).filter(
    (name) => name.startsWith(`${prefix}-`) && name !== basename(own.path),
  );
  if (others.length === 0) return own;
  await own.remove();
  return others[0]!;
};

const ownerOf = (lock: string): string => {
  const pid = /\.(\d+)\.\d+-[0-9a-f]+$/.exec(lock)?.[1];
  return pid === undefined ? lock : `process ${pid}`;
};

const shortWhile = (most: number, signal?: AbortSignal): Promise<void> =>
  setTimeout(20 + Math.random() * most, undefined, { ...(signal && { signal }) });

/** Attempts, for locks of two that come at the same moment. */
const tries = 5;

/**
 * Takes the lock of a file or folder, or refuses.
 *
 * @param where - the function that errors name
 * @throws Error that names the file, and the process that holds the lock; Node's error when the folder that it lies in is not there
 */
export const lockFile = async (where: string, file: string): Promise<OwnFolder> => {
  checkPath(where, "path", file);
  const path = realPath(file);
  // The lock would make the folder.
  await stat(dirname(path));
  for (let left = tries; ; left--) {
    const lock = await tryLock(path);
    if (typeof lock !== "string") return lock;
    if (left <= 1) throw new Error(`${where}: ${file} must be written by one at a time, got another: ${ownerOf(lock)}`);
    await shortWhile(80);
  }
};

export type WaitOptions = {
  /** Called once where another holds the lock, with the other in words. */
  readonly onWait: (owner: string) => void;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Takes the lock of a file or folder when whoever holds it is done. A lock that gives no sign of life for ten minutes is passed over: a
 * thread that was ended leaves it in a process that lives on. So it suits only what two may write at once, if need be.
 *
 * @throws whatever the signal was aborted with
 */
export const waitForLock = async (
  file: string,
  { onWait, signal }: WaitOptions,
): Promise<Pick<OwnFolder, "remove">> => {
  checkPath("waitForLock", "path", file);
  const path = realPath(file);
  for (let told = false; ;) {
    const lock = await tryLock(path);
    if (typeof lock !== "string") return lock;
    const found = await statIfThere(join(dirname(path), lock));
    if (found !== undefined && Date.now() - found.mtimeMs > longestSilence) return { remove: async () => {} };
    // A moment later it may be gone: two that come at once both give way.
    await shortWhile(200, signal).catch((error: unknown) => {
      throw signal?.reason ?? error;
    });
    if (!told && found !== undefined && (await statIfThere(join(dirname(path), lock))) !== undefined) {
      onWait(ownerOf(lock));
      told = true;
    }
  }
};
