/** Attention over parts on WebGPU, Dawn in Node, against plain loops over all keys. Skipped, by name, where there is no driver. */
import { attentionManifest } from "@ropewalk/attention-merge/wgsl";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { openGpu, runParts } from "@ropewalk/testing/webgpu/wgsl-device";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { inHeads, partsProblem, type Stretches } from "./parts.ts";

const gpu = await openGpu();

const difference = async (stretches: Stretches, seed: number): Promise<number> => {
  const { kernel, inputs, reference } = partsProblem(stretches, seed);
  const { out, lse } = await runParts(gpu!, kernel, inputs);
  const expected = reference();
  const rows = inHeads(out, stretches.numKvHeads * stretches.group, stretches.headDim);
  return Math.max(largestDifference(rows, expected.out.data), largestDifference(lse, expected.lse.data));
};

const whole = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

const shapes: fc.Arbitrary<Stretches> = fc
  .record({
    numKvHeads: whole(1, 3),
    group: whole(1, 4),
    headDim: fc.constantFrom(8, 32, 64),
    window: fc.oneof(whole(1, 40), whole(1, 200)),
    start: fc.oneof(whole(0, 60), whole(0, 500)),
    queryLen: fc.oneof(fc.constant(1), whole(1, 90)),
    settledShare: fc.constantFrom(0, 0.5, 0.8, 1),
    spare: whole(0, 40),
  })
  .map((shape) => ({ ...shape, queryLen: Math.min(shape.window, shape.queryLen) }));

describe.skipIf(gpu === undefined)("the WGSL kernel over parts", () => {
  afterAll(() => gpu?.device.destroy());

  it("agrees with the reference over all keys", { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(shapes, whole(1, 1_000_000), async (stretches, seed) => {
        expect(await difference(stretches, seed)).toBeLessThan(attentionManifest.tolerance.float32);
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });
});
