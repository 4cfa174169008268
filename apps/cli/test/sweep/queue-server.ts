/** A Redis or Valkey server of a test's own, on a free port, with nothing kept. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { tmpdir } from "node:os";
import { once } from "node:events";
import { freePort } from "@ropewalk/testing/free-port";

/** The program that is there; undefined where there is none. */
export const serverProgram: string | undefined = ["valkey-server", "redis-server"].find(
  (name) => spawnSync(name, ["--version"]).status === 0,
);

export type QueueServer = { readonly url: string; readonly child: ChildProcess; readonly stop: () => Promise<void> };

export const startServer = async (): Promise<QueueServer> => {
  const port = await freePort();
  const flags = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", tmpdir()];
  const child = spawn(serverProgram!, flags, { stdio: ["ignore", "pipe", "ignore"] });
  for await (const text of child.stdout) if (String(text).includes("eady to accept connections")) break;
  child.stdout.resume();
  return {
    url: `redis://127.0.0.1:${port}`,
    child,
    stop: async () => {
      child.kill();
      await once(child, "exit");
    },
  };
};
