/** How near losses, gradients and six steps of AdamW must be to PyTorch's in float64, on every backend. */
import type { TrainingDifferences } from "@ropewalk/testing/training/compare-training";
import { expect } from "vitest";

export const expectPyTorchs = ({ cases, trajectory }: TrainingDifferences): void => {
  expect(cases.map(({ name }) => name)).toEqual(["plain", "entropy-abf", "self-extend+log-n"]);
  for (const { loss, gradients } of cases) {
    expect(loss).toBeLessThanOrEqual(1e-5);
    expect(gradients).toBeLessThanOrEqual(1e-3);
  }
  expect(trajectory.loss).toBeLessThanOrEqual(1e-4);
  expect(trajectory.norm).toBeLessThanOrEqual(1e-4);
  expect(trajectory.parameters).toBeLessThanOrEqual(1e-4);
};
