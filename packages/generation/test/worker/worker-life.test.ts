/** How the end of a worker is noticed, and what calls are rejected with that wait for it. */
import { rejectionOf } from "@ropewalk/testing/thrown";
import { MessageChannel, Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { lifeOf } from "../../src/worker/outside/worker-life.ts";

const never = (): Promise<never> => new Promise(() => {});
const alive = "Error: generate: the worker must be alive, got one that";

describe("a worker that dies", () => {
  it.each([
    ["throws", `setTimeout(() => { throw new RangeError("out of it") })`, "failed: out of it"],
    ["exits", "setTimeout(() => process.exit(4))", "ended with the exit code 4"],
    [
      "takes more memory than it may",
      "const all = []; setTimeout(() => { for (;;) all.push(new Array(1e5).fill({})) })",
      "failed: Worker terminated due to reaching memory limit: JS heap out of memory",
    ],
  ])("by itself: it %s", async (_, code, why) => {
    const life = lifeOf(new Worker(code, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 8 } }));
    const waits = [1, 2, 3].map(() => rejectionOf(life.guard("generate", never())));
    for (const said of await Promise.all(waits)) expect(said).toBe(`${alive} ${why}`);
    expect(life.ended()).toBe(why);
    expect(await rejectionOf(life.guard("generate", Promise.resolve(1)))).toBe(`${alive} ${why}`);
  });

  it("by an error, which is the cause", async () => {
    const life = lifeOf(new Worker(`setTimeout(() => { throw new RangeError("out of it") })`, { eval: true }));
    const error = await life.guard("generate", never()).catch((thrown: unknown) => thrown);
    expect((error as Error).cause).toEqual(new RangeError("out of it"));
  });

  it("by hand, from outside", async () => {
    const worker = new Worker("setInterval(() => {}, 1000)", { eval: true });
    const life = lifeOf(worker);
    const waits = rejectionOf(life.guard("generate", never()));
    await worker.terminate();
    expect(await waits).toMatch(/ended with the exit code [01]$/);
  });

  it("behind a port that it closes", async () => {
    const { port1, port2 } = new MessageChannel();
    const life = lifeOf(port1);
    const waits = rejectionOf(life.guard("generate", never()));
    port2.close();
    expect(await waits).toBe(`${alive} closed its port`);
  });
});

it("one that lives gives what it gives, and its own errors", async () => {
  const worker = new Worker("setInterval(() => {}, 1000)", { eval: true });
  const life = lifeOf(worker);
  expect(await life.guard("generate", Promise.resolve(7))).toBe(7);
  expect(await rejectionOf(life.guard("generate", Promise.reject(new TypeError("mine"))))).toBe("TypeError: mine");
  expect(life.ended()).toBeUndefined();
  await worker.terminate();
});
