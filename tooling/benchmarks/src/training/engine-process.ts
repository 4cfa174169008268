/** An engine in a process of its own, which takes a step when it is asked. An engine that waits leaves the processors to the one that runs. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { timed } from "../measuring/compare-times.ts";
import { engines, type EngineName, type EngineOptions } from "./engines.ts";

export type Taken = {
  readonly loss: number;
  /** Milliseconds. */
  readonly time: number;
  /** Processor time of all threads in milliseconds, which other programs hardly change. */
  readonly processorTime: number;
};
type Reply = Taken | { readonly failed: string };

export type Contestant = {
  readonly name: EngineName;
  readonly step: () => Promise<Taken>;
  readonly stop: () => Promise<void>;
};

export const startEngine = (name: EngineName, options: EngineOptions): Contestant => {
  // The output of an engine goes to stderr, since stdout is for the report.
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify({ name, options })], {
    stdio: ["ignore", 2, 2, "ipc"],
  });
  return {
    name,
    step: async () => {
      const ended = new AbortController();
      const end = once(child, "exit", { signal: ended.signal }).then(([code, signal]): never => {
        throw new Error(`${name}: the process must reply, got its end (${code ?? signal})`);
      });
      const message = once(child, "message", { signal: ended.signal });
      child.send("step");
      const [reply] = (await Promise.race([message, end])) as [Reply];
      ended.abort();
      end.catch(() => {});
      if ("failed" in reply) throw new Error(`${name}: ${reply.failed}`);
      return reply;
    },
    stop: async () => {
      const end = once(child, "exit");
      child.kill();
      await end;
    },
  };
};

if (import.meta.main) {
  const { name, options } = JSON.parse(process.argv[2]!) as {
    readonly name: EngineName;
    readonly options: EngineOptions;
  };
  process.on("disconnect", () => process.exit());
  const engine = engines[name](options);
  const take = async (): Promise<Taken> => {
    const step = await engine;
    let loss = NaN;
    const before = process.cpuUsage();
    const time = await timed(async () => (loss = await step()));
    const { user, system } = process.cpuUsage(before);
    return { loss, time, processorTime: (user + system) / 1000 };
  };
  const reply = (message: Reply): void => void process.send!(message);
  process.on("message", () => {
    take().then(reply, (error: unknown) =>
      reply({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
}
