/**
 * The checks in Node, on a GPU or on the software driver that Debian's chromium carries. Skipped, by name, where there is neither.
 *
 * They run in a process of their own: the driver is chosen by its environment, and a crash of the driver ends it.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { softwareDriver } from "../../../tooling/benchmarks/src/chromium.ts";
import { webgpu } from "../src/node.ts";
import { withoutHalves } from "./checks/errors.ts";
import { halfChecks } from "./checks/half.ts";
import { checks } from "./checks/index.ts";

const start = (icd: string | undefined): ChildProcess =>
  fork(fileURLToPath(new URL("node-process.ts", import.meta.url)), {
    execArgv: ["--conditions=@ropewalk/source"],
    env: { XDG_RUNTIME_DIR: "/tmp", ...process.env, ...(icd === undefined ? {} : { VK_ICD_FILENAMES: icd }) },
    // Dawn writes what it does not find; errors say the same.
    stdio: ["ignore", "inherit", "ignore", "ipc"],
  });

/** What the process answers, or how it ended. */
const ask = async (child: ChildProcess, name: string): Promise<string> => {
  if (child.exitCode !== null || child.signalCode !== null) return "the process has ended before";
  const stop = new AbortController();
  const { signal } = stop;
  const ended = once(child, "exit", { signal }).then(([code, by]) => `the process ended: ${code ?? by}`);
  child.send(name);
  const answered = once(child, "message", { signal }).then(([message]) => message as string);
  const outcome = await Promise.race([answered, ended]);
  stop.abort();
  await Promise.allSettled([answered, ended]);
  return outcome;
};

/** Mesa's lavapipe, from version 25 on, has float16; so has many a GPU. */
const lavapipe = ["lvp_icd.json", "lvp_icd.x86_64.json"]
  .map((file) => `/usr/share/vulkan/icd.d/${file}`)
  .find(existsSync);

const simplest = checks.find(({ name }) => name.includes("rotation, halves"))!.name;
const driver = process.env["VK_ICD_FILENAMES"] ?? softwareDriver;
const child = start(driver);
const found = await ask(child, simplest);
const without = /a GPU adapter is needed/.test(found);

describe.skipIf(without)("in Node, on a GPU or chromium's software driver", () => {
  let current = child;
  afterAll(() => void current.kill());

  it.each(checks)("$name", async ({ name }) => {
    // After a crash the rest goes on in another process.
    if (current.exitCode !== null || current.signalCode !== null) current = start(driver);
    expect(await ask(current, name)).toBe("");
  });
});

const halfDriver = process.env["VK_ICD_FILENAMES"] ?? lavapipe ?? driver;
const halfChild = start(halfDriver);
const withHalf = (await ask(halfChild, halfChecks[0]!.name)) === "";

describe.skipIf(!withHalf)("in Node, on a GPU or a software driver with float16", () => {
  let current = halfChild;
  afterAll(() => void current.kill());

  it.each(halfChecks)("$name", async ({ name }) => {
    if (current.exitCode !== null || current.signalCode !== null) current = start(halfDriver);
    expect(await ask(current, name)).toBe("");
  });
});
if (!withHalf) halfChild.kill();

it.skipIf(softwareDriver === undefined)(withoutHalves.name, async () => {
  const bare = start(softwareDriver);
  expect(await ask(bare, withoutHalves.name)).toBe("");
  bare.kill();
});

it.skipIf(process.platform !== "linux")("without a driver an error says what is needed", async () => {
  const bare = start("/nowhere.json");
  expect(await ask(bare, simplest)).toMatch(/^webgpu: a GPU adapter is needed, got none: on Linux .*libvulkan1/);
  bare.kill();
});

it("a device is for a browser", () => {
  expect(() => webgpu({ device: {} })).toThrow(
    "webgpu: device must be left out in Node, where the runtime has its own",
  );
});
