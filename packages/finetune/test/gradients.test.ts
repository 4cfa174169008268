/** Losses, gradients and six steps of AdamW, against PyTorch in float64, on every backend here. */
import type { Backend } from "@ropewalk/backend";
import { cpu } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { compareTraining } from "../../../tooling/checks/src/training.ts";

const backends: readonly Backend[] = [cpu({ threads: 1 }), wasm()];
const folder = fileURLToPath(new URL("vectors/training/", import.meta.url));
const checkpoint = new URL("../../models/test/vectors/tiny/llama/", import.meta.url);

it.each(backends)("plain, Entropy-ABF and SelfExtend with log-n on $name", async (backend) => {
  const { cases, trajectory } = await compareTraining(backend, folder, checkpoint);
  expect(cases.map(({ name }) => name)).toEqual(["plain", "entropy-abf", "self-extend+log-n"]);
  for (const { loss, gradients } of cases) {
    expect(loss).toBeLessThanOrEqual(1e-5);
    expect(gradients).toBeLessThanOrEqual(1e-3);
  }
  expect(trajectory.loss).toBeLessThanOrEqual(1e-4);
  expect(trajectory.norm).toBeLessThanOrEqual(1e-4);
  expect(trajectory.parameters).toBeLessThanOrEqual(1e-4);
});
