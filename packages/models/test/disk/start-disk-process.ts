/** Starts `disk-process.ts`, which writes files and folders until it ends or is killed. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export type Started = {
  readonly child: ChildProcess;
  readonly ended: Promise<readonly [number | null, string | null]>;
};

const script = fileURLToPath(new URL("disk-process.ts", import.meta.url));

/** Resolves when the process has printed its first word, or has ended. */
export const startDiskProcess = async (...args: readonly string[]): Promise<Started> => {
  const child = spawn(process.execPath, ["--conditions=@ropewalk/source", script, ...args], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // One thread, so that a test can keep it busy.
    env: { ...process.env, ...(args[0] === "late" && { UV_THREADPOOL_SIZE: "1" }) },
  });
  const ended = once(child, "exit") as Promise<[number | null, string | null]>;
  await Promise.race([args[0] === "race" ? once(child, "message") : once(child.stdout!, "data"), ended]);
  return { child, ended };
};
