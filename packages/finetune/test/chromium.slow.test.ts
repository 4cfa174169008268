/**
 * Steps of the loop in headless Chromium, on WASM and on WebGPU's software driver, beside those of the CPU in Node. Skipped, by name,
 * where there is no Chromium.
 */
import { askIn } from "@ropewalk/testing/browser/call-page";
import { modelFiles } from "@ropewalk/testing/browser/model-files";
import { executablePath, openPage, type OpenedPage } from "@ropewalk/testing/browser/open-page";
import { webgpuArgs } from "@ropewalk/testing/browser/webgpu-args";
import { repositoryPath } from "@ropewalk/testing/repository";
import type { Page as Tab } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GraphName } from "./checks/operators.ts";
import { stepsOnCpu } from "./checks/steps-on-cpu.ts";
import { compareSteps } from "./checks/steps.ts";
import type { BackendName, Page } from "./page.ts";

const ask = askIn<Page>();

/** A software driver on a busy machine. */
const timeout = 900_000;

describe.skipIf(executablePath === undefined)("in Chromium", () => {
  let opened: OpenedPage;
  let tab: Tab;

  beforeAll(async () => {
    opened = await openPage({
      script: new URL("page.ts", import.meta.url),
      importer: "@ropewalk/backend-webgpu/package.json",
      models: { root: repositoryPath("") },
      launch: { args: [...webgpuArgs] },
    });
    tab = await opened.open("start");
    await ask(tab, "start", modelFiles);
  });
  afterAll(() => opened.close());

  // The first to run: WebAssembly's memory grows and never shrinks.
  it.each<readonly [BackendName, wasmBytes: number, gpuBytes: number]>([
    ["wasm", 40e6, 0],
    ["webgpu", 24e6, 32e6],
  ])("a few steps on %s are the CPU's, in little memory", { timeout }, async (backend, wasmBytes, gpuBytes) => {
    const before = await ask(tab, "peakMemory");
    const { loss, norm, weights } = compareSteps(
      await ask(tab, "steps", backend, "all weights, a few steps"),
      await stepsOnCpu("all weights, a few steps"),
    );
    expect(loss).toBeLessThan(1e-5);
    expect(norm).toBeLessThan(1e-4);
    expect(weights).toBeLessThan(2e-4);
    const { wasm, gpu } = await ask(tab, "peakMemory");
    expect(wasm).toBeGreaterThan(before.wasm);
    expect(wasm - before.wasm).toBeLessThanOrEqual(wasmBytes);
    expect(gpu > 0).toBe(gpuBytes > 0);
    expect(gpu).toBeLessThanOrEqual(gpuBytes);
  });

  it(
    "steps of an adapter over 4 bits are, where the weights are unpacked, and on WebGPU as over blocks",
    { timeout },
    async () => {
      const name = "an adapter over 4 bits";
      const [unpacked, blocks, gpu] = [
        await ask(tab, "steps", "wasm", name),
        await ask(tab, "steps", "wasm over blocks", name),
        await ask(tab, "steps", "webgpu", name),
      ];
      for (const { loss, norm, weights } of [
        compareSteps(unpacked, await stepsOnCpu(name)),
        compareSteps(gpu, blocks),
      ]) {
        expect(loss).toBeLessThan(1e-5);
        expect(norm).toBeLessThan(1e-4);
        expect(weights).toBeLessThan(2e-4);
      }
      const rounded = compareSteps(gpu, unpacked);
      expect(rounded.loss).toBeLessThan(2e-3);
      expect(rounded.norm).toBeLessThan(4e-3);
    },
  );

  it.each<BackendName>(["wasm", "webgpu"])("an abort on %s arrives between runs", { timeout }, async (backend) => {
    const { message, steps, ticks } = await ask(tab, "abort", backend);
    expect(message).toBe("enough");
    expect(steps).toBeGreaterThan(0);
    expect(steps).toBeLessThan(100);
    expect(ticks).toBeGreaterThan(0);
  });

  it.each<GraphName>(["phi, all weights", "llama, all weights, recomputed", "llama, an adapter over 4 bits"])(
    "%s: every operator by itself on WebGPU is WASM's",
    { timeout },
    async (name) => {
      const differences = await ask(tab, "operators", name);
      expect(Object.keys(differences).length).toBeGreaterThan(20);
      for (const [operator, difference] of Object.entries(differences)) expect(difference, operator).toBeLessThan(5e-6);
    },
  );
});
