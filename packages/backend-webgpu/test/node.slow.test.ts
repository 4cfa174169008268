/**
 * The checks in Node: on Mesa's software driver, on the one that Debian's chromium carries, or on a GPU, the first that is there.
 * Skipped, by name, where there is none.
 *
 * They run in a process of their own: the driver is chosen by its environment, and a crash of the driver ends it.
 */
import type { ChildProcess } from "node:child_process";
import { softwareDriver } from "@ropewalk/testing/browser/installed-chromium";
import { hasEnded } from "@ropewalk/testing/has-ended";
import { adapterNeeded, askProcess, drivers, startProcess } from "@ropewalk/testing/webgpu/gpu-process";
import { afterAll, describe, expect, it } from "vitest";
import { webgpu } from "../src/node.ts";
import { withoutHalves } from "./checks/errors.ts";
import { halfChecks } from "./checks/half.ts";
import { checks } from "./checks/index.ts";

const start = (icd: string | undefined): ChildProcess => startProcess(new URL("node-process.ts", import.meta.url), icd);
const ask = askProcess as (child: ChildProcess, name: string) => Promise<string>;

type Running = { readonly icd: string | undefined; readonly child: ChildProcess };

const simplest = checks.find(({ name }) => name.includes("rotation, halves"))!.name;
const startFirst = async (): Promise<Running | undefined> => {
  for (const icd of drivers) {
    const child = start(icd);
    if (!adapterNeeded.test(await ask(child, simplest))) return { icd, child };
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
  if (hasEnded(child)) current = { icd, child: start(icd) };
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
