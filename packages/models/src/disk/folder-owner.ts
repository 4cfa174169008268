/**
 * A folder's name states which process owns it, so that what a killed process left can be told from what a running one needs:
 *
 *     <prefix>-<space>.<pid>.<start>-<random>
 *
 * A pid is unique only within its space: one machine since it was booted, and on it one container. In the same space, the owner runs if the
 * process with that pid started at that time. In another space, the owner runs if it has touched its folder lately: it does every minute.
 */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** How often an owner touches its folder, and how old the last touch of a running owner may be, in milliseconds. */
export const touchInterval = 60_000;
export const longestSilence: number = 10 * touchInterval;

const read = (take: () => string): string | undefined => {
  try {
    return take();
  } catch {
    return undefined;
  }
};

/** Whether /proc is there, and is that of this process's own space. */
const hasProc = (): boolean => read(() => readlinkSync("/proc/self")) === String(process.pid);

const spaceHere = (): string => {
  const known = hasProc()
    ? [
        read(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8")),
        read(() => readlinkSync("/proc/self/ns/pid")),
      ]
    : [];
  return createHash("sha256")
    .update([process.platform, hostname(), ...known].join("\n"))
    .digest("hex")
    .slice(0, 8);
};

const exists = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // The process is another user's: it exists, but may not be signalled.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

/** When a process started, in ticks since boot; "0" where that is not known, undefined where there is no such process. */
const startOf = (pid: number): string | undefined => {
  if (!hasProc()) return exists(pid) ? "0" : undefined;
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  // The name stands in parentheses and may have anything in it; behind it the third field (state) and the 22nd (start).
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields === undefined || fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
};

/** A new name for a folder of this process. */
export const ownName = (prefix: string): string =>
  `${prefix}-${spaceHere()}.${process.pid}.${startOf(process.pid) ?? "0"}-${randomBytes(6).toString("hex")}`;

/** The form of a name's prefix. */
export const prefixForm: RegExp = /^\.?ropewalk-[a-z0-9-]+$/;

const form = /^\.?ropewalk-[a-z0-9-]+-([0-9a-f]{8})\.(\d{1,10})\.(\d{1,20})-[0-9a-f]{12}$/;

/**
 * Whether a folder belongs to a process that has ended.
 *
 * @param touched - when it was last changed, in milliseconds since 1970
 */
export const isAbandoned = (name: string, touched: number): boolean => {
  const [, space, pid, start] = form.exec(name) ?? [];
  if (space === undefined) return false;
  if (space !== spaceHere()) return Date.now() - touched > longestSilence;
  return startOf(Number(pid)) !== start;
};
