/**
 * The most memory that this process has had resident, loading included, in bytes.
 *
 * Where there is /proc it is what that says of this program: `maxRSS` counts what the process that started it had, too.
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
