import type { ChildProcess } from "node:child_process";

/** Whether a process has ended, by itself or by a signal. A signal leaves no exit code, so a loop that waits for a code alone would never end. */
export const hasEnded = ({ exitCode, signalCode }: Pick<ChildProcess, "exitCode" | "signalCode">): boolean =>
  exitCode !== null || signalCode !== null;
