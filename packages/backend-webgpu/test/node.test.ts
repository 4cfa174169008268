/**
 * The checks in Node: on Mesa's software driver, on the one that Debian's chromium carries, or on a GPU, the first that is there.
 * Skipped, by name, where there is none.
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

/** Mesa's lavapipe, which has float16 from version 25 on; older ones are no adapter. */
const lavapipe = ["lvp_icd.json", "lvp_icd.x86_64.json", "lvp_icd.aarch64.json"]
  .map((file) => `/usr/share/vulkan/icd.d/${file}`)
  .find(existsSync);

const asked = process.env["VK_ICD_FILENAMES"];
/** The driver that is asked for, or else those of software first: they are the same everywhere. */
const drivers = asked === undefined ? [lavapipe, softwareDriver, undefined] : [asked];

type Running = { readonly icd: string | undefined; readonly child: ChildProcess };

const simplest = checks.find(({ name }) => name.includes("rotation, halves"))!.name;
const needed = /a GPU adapter is needed/;

const startFirst = async (): Promise<Running | undefined> => {
  for (const icd of drivers) {
    const child = start(icd);
    if (!needed.test(await ask(child, simplest))) return { icd, child };
    child.kill();
  }
  return undefined;
};

const found = await startFirst();
const withHalf = found !== undefined && !/shader-f16/.test(await ask(found.child, halfChecks[0]!.name));

let current = found;
/** What is asked of the process; after a crash the rest goes on in another one. */
const answer = (name: string): Promise<string> => {
  const { icd, child } = current!;
  if (child.exitCode !== null || child.signalCode !== null) current = { icd, child: start(icd) };
  return ask(current!.child, name);
};
afterAll(() => void current?.child.kill());

describe.skipIf(!found)("in Node, on a GPU or a software driver", () => {
  it.each(checks)("$name", async ({ name }) => expect(await answer(name)).toBe(""));
});

describe.skipIf(!withHalf)("in Node, on a GPU or a software driver with float16", () => {
  it.each(halfChecks)("$name", async ({ name }) => expect(await answer(name)).toBe(""));
});

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
