/** Losses, gradients and six steps of AdamW, against PyTorch in float64, on every backend here. */
import type { Backend } from "@ropewalk/backend";
import { cpu } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { extendDecoder } from "@ropewalk/decoder";
import { loadCheckpoint } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { describe, expect, it } from "vitest";
import { adamWStep, clipGradients, openLossGraph, rateOf, readParameters, startAdamW } from "../src/index.ts";
import { checkpointUrl, extensionOf, tensorsOf, training, type Method } from "./vectors.ts";

const backends: readonly Backend[] = [cpu({ threads: 1 }), wasm()];

const open = async (backend: Backend, method: Method, ids: readonly (readonly number[])[]) => {
  const checkpoint = await loadCheckpoint(await openFolder(checkpointUrl));
  const extended = extendDecoder(checkpoint.decoder, extensionOf(method));
  const parameters = await readParameters(checkpoint);
  const batch = { batchSize: ids.length, seqLen: ids[0]!.length };
  return { parameters, graph: await openLossGraph(backend, extended, batch, Object.keys(parameters)) };
};

/** The largest difference, over the largest element of what is expected. */
const relative = (got: ArrayLike<number>, expected: Float32Array): number => {
  expect(got.length).toBe(expected.length);
  const most = (of: (at: number) => number): number =>
    expected.reduce((so, _, at) => Math.max(so, Math.abs(of(at))), 0);
  return most((at) => got[at]! - expected[at]!) / most((at) => expected[at]!);
};

describe.each(backends)("on $name", (backend) => {
  it.each(training.cases)("loss and gradients of $name", async (one) => {
    const { ids, labels } = training;
    const expected = await tensorsOf(one.gradients);
    const { parameters, graph } = await open(backend, one, ids);
    expect(Object.keys(expected).sort()).toEqual(Object.keys(parameters).sort());
    const { loss, gradients } = await graph.gradients(parameters, { ids, labels });
    expect(Math.abs(loss - one.loss)).toBeLessThanOrEqual(1e-5);
    expect(Math.abs((await graph.loss(parameters, { ids, labels })) - one.loss)).toBeLessThanOrEqual(1e-5);
    for (const [name, { data }] of Object.entries(expected))
      expect(relative(gradients[name]!, data), name).toBeLessThanOrEqual(1e-3);
    await graph.release();
  });

  it("six steps of AdamW", async () => {
    const { trajectory } = training;
    const { parameters, graph } = await open(backend, trajectory.extension, trajectory.ids[0]!);
    let state = startAdamW(parameters);
    for (const [step, expected] of trajectory.steps.entries()) {
      const rate = rateOf({ learningRate: trajectory.peak, steps: 6, schedule: { kind: "cosine" } }, step);
      expect(rate).toBeCloseTo(expected.rate, 12);
      const { loss, gradients } = await graph.gradients(parameters, { ids: trajectory.ids[step]! });
      expect(Math.abs(loss - expected.loss)).toBeLessThanOrEqual(1e-4);
      expect(Math.abs(clipGradients(gradients, 1) - expected.globalNorm)).toBeLessThanOrEqual(1e-4);
      state = adamWStep({}, rate, parameters, gradients, state);
    }
    await graph.release();
    const after = await tensorsOf(trajectory.parameters);
    for (const [name, { data }] of Object.entries(after))
      for (const [at, wanted] of data.entries())
        expect(Math.abs(parameters[name]!.data[at]! - wanted), `${name}[${at}]`).toBeLessThanOrEqual(1e-4);
  });
});
