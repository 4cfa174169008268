/**
 * The peak of this process's resident memory in bytes, loading included.
 *
 * It is read from /proc where that exists, since `maxRSS` also counts the memory of the process that started this one.
 */
import { readFileSync } from "node:fs";

const ofThisProgram = (): string | undefined => {
  try {
    return /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  } catch {
    return undefined;
  }
};

export const peakBytes = (): number => 1024 * Number(ofThisProgram() ?? process.resourceUsage().maxRSS);
