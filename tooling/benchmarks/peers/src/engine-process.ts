/** Starts an engine in a process of its own and asks it. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Entrant } from "./entrant.ts";
import type { Contestant } from "./measure.ts";
import type { EngineOptions, Reply } from "./serve.ts";

/** @throws Error when the engine cannot load the model, or a run fails */
export const startEngine = async (
  entrant: Entrant,
  { model, threads }: Omit<EngineOptions, "cache">,
): Promise<Contestant> => {
  const { name, engine, cache } = entrant;
  const entry = fileURLToPath(new URL(`engines/${engine}.ts`, import.meta.url));
  const options: EngineOptions = { model, threads, cache };
  // The output of an engine goes to stderr, since stdout is for the report.
  const child = fork(entry, [JSON.stringify(options)], { stdio: ["ignore", 2, 2, "ipc"] });
  const next = async (): Promise<Exclude<Reply, { readonly kind: "failed" }>> => {
    const ended = new AbortController();
    const exit = once(child, "exit", { signal: ended.signal }).then(([code, signal]) => {
      throw new Error(`${name}: the process must reply, got its end (${code ?? signal})`);
    });
    const message = once(child, "message", { signal: ended.signal });
    const [reply] = (await Promise.race([message, exit])) as [Reply];
    ended.abort();
    exit.catch(() => {});
    if (reply.kind === "failed") throw new Error(`${name}: ${reply.message}`);
    return reply;
  };
  await next();
  return {
    entrant,
    run: async (workload) => {
      child.send(workload);
      const message = await next();
      if (message.kind === "ready") throw new Error(`${name}: must be ready once, got it twice`);
      const { run, peakBytes } = message;
      return { run, peakBytes };
    },
    stop: async () => {
      const exit = once(child, "exit");
      child.kill();
      await exit;
    },
  };
};
