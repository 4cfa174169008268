/** Starts `process.ts`. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export type Started = {
  readonly child: ChildProcess;
  readonly ended: Promise<readonly [number | null, string | null]>;
};

const script = fileURLToPath(new URL("process.ts", import.meta.url));

/** When it has said its first word. */
export const start = async (...args: readonly string[]): Promise<Started> => {
  const child = spawn(process.execPath, ["--conditions=@ropewalk/source", script, ...args], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const ended = once(child, "exit") as Promise<[number | null, string | null]>;
  await Promise.race([args[0] === "race" ? once(child, "message") : once(child.stdout!, "data"), ended]);
  return { child, ended };
};
