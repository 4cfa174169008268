/** The loop on Node's WebGPU, on a software driver or a GPU, beside the CPU. Skipped, by name, where there is no driver. */
import type { ChildProcess } from "node:child_process";
import type { TrainingDifferences } from "@ropewalk/testing/training/compare-training";
import { adapterNeeded, askProcess, drivers, startProcess } from "@ropewalk/testing/webgpu/gpu-process";
import { afterAll, describe, expect, it } from "vitest";
import { graphNames, type OperatorDifferences } from "./checks/operators.ts";
import { stepsOnCpu } from "./checks/steps-on-cpu.ts";
import { compareSteps, type Steps } from "./checks/steps.ts";
import { expectPyTorchs } from "./checks/vectors.ts";
import type { Asked } from "./webgpu-process.ts";

const ask = (child: ChildProcess, asked: Asked): Promise<unknown> => askProcess(child, asked);

const startFirst = async (): Promise<readonly [child: ChildProcess, steps: unknown] | undefined> => {
  for (const icd of drivers) {
    const child = startProcess(new URL("webgpu-process.ts", import.meta.url), icd);
    const answered = await ask(child, { kind: "steps", name: "all weights" });
    if (!adapterNeeded.test(String(answered))) return [child, answered];
    child.kill();
  }
  return undefined;
};

const [child, tenSteps] = (await startFirst()) ?? [];
afterAll(() => void child?.kill());

describe.skipIf(!child)("in Node, on WebGPU", () => {
  it("ten steps are the CPU's", async () => {
    const { loss, norm, weights } = compareSteps(tenSteps as Steps, await stepsOnCpu("all weights"));
    expect(loss).toBeLessThan(1e-5);
    expect(norm).toBeLessThan(1e-4);
    expect(weights).toBeLessThan(2e-4);
  });

  it("steps that compute layers anew are, attention in blocks of rows", async () => {
    const name = "all weights, recomputed";
    const { loss, norm, weights } = compareSteps(
      (await ask(child!, { kind: "steps", name })) as Steps,
      await stepsOnCpu(name),
    );
    expect(loss).toBeLessThan(1e-5);
    expect(norm).toBeLessThan(1e-4);
    expect(weights).toBeLessThan(2e-4);
  });

  it("steps of an adapter over 4 bits are, within what the product rounds", async () => {
    const name = "an adapter over 4 bits";
    const { loss, norm, weights } = compareSteps(
      (await ask(child!, { kind: "steps", name })) as Steps,
      await stepsOnCpu(name),
    );
    expect(loss).toBeLessThan(2e-3);
    expect(norm).toBeLessThan(4e-3);
    expect(weights).toBeLessThan(5e-3);
  });

  it("losses, gradients and six steps are PyTorch's", async () => {
    expectPyTorchs((await ask(child!, { kind: "vectors" })) as TrainingDifferences);
  });

  it.each(graphNames)("%s: every operator by itself is the CPU's", { timeout: 600_000 }, async (name) => {
    const differences = (await ask(child!, { kind: "operators", name })) as OperatorDifferences;
    expect(Object.keys(differences).length).toBeGreaterThan(20);
    for (const [operator, difference] of Object.entries(differences))
      // Each rounds activations in its own way.
      expect(difference, operator).toBeLessThan(operator === "MatMulNBits" ? 2e-2 : 5e-6);
  });
});
