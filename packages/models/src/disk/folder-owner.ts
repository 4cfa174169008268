/**
 * Whose a folder is, by its name, so that what a killed process left can be told from what a running one needs:
 *
 *     <prefix>-<space>.<pid>.<start>-<random>
 *
 * A pid means something within its space alone: one machine since it was booted, and in it one container. There, the process
 * with that pid either started at that time, or the owner has ended. An owner in another space is known by its sign of life: it
 * touches its folder every minute.
 */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** How often an owner gives its sign of life, and how long it may be silent, in milliseconds. */
export const signEvery = 60_000;
const longestSilence = 10 * signEvery;

const read = (take: () => string): string | undefined => {
  try {
    return take();
  } catch {
    return undefined;
  }
};

/** Whether /proc is there, and counts processes as this one does. */
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
    // Another user's process must not be signalled, but it is there.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

/** When a process started, in ticks since boot; "0" where that cannot be told, undefined where there is no such process. */
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

/** What a name begins with. */
export const prefixForm: RegExp = /^\.?ropewalk-[a-z0-9-]+$/;

const form = /^\.?ropewalk-[a-z0-9-]+-([0-9a-f]{8})\.(\d{1,10})\.(\d{1,20})-[0-9a-f]{12}$/;

/**
 * Whether a folder is one of a process that has ended.
 *
 * @param touched - when it was last changed, in milliseconds since 1970
 */
export const isAbandoned = (name: string, touched: number): boolean => {
  const [, space, pid, start] = form.exec(name) ?? [];
  if (space === undefined) return false;
  if (space !== spaceHere()) return Date.now() - touched > longestSilence;
  return startOf(Number(pid)) !== start;
};
