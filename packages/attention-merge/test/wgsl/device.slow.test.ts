/** The kernel on WebGPU, Dawn in Node, against plain loops. Skipped, by name, where there is no driver. */
import type { AttentionBand } from "@ropewalk/attention-merge";
import {
  attentionKernel,
  attentionManifest,
  type AttentionConfig,
  type KernelBands,
} from "@ropewalk/attention-merge/wgsl";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { loadKernel, openGpu } from "@ropewalk/testing/webgpu/wgsl-device";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { goldenCases } from "../self-extend.ts";
import { problem, widened, type Problem } from "./problem.ts";

const gpu = await openGpu();

/** How far out and lse are from the reference. */
const difference = async (config: AttentionConfig, seed: number): Promise<number> => {
  const { kernel, inputs, reference } = problem(config, seed);
  const loaded = await loadKernel(gpu!, kernel, inputs);
  await loaded.run(1);
  const [out, lse] = [await loaded.read("out"), await loaded.read("lse")];
  loaded.release();
  const expected = reference();
  return Math.max(
    largestDifference(widened(config.storage, out), expected.out.data),
    largestDifference(new Float32Array(lse), expected.lse.data),
  );
};

const four = (columns: number): number => 4 * columns;

const whole = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

/** Windows of every size, from 1 to more than there is. */
const bands = (keyLen: number): fc.Arbitrary<KernelBands> => {
  const window = fc.oneof(whole(1, 100), whole(1, keyLen + 50));
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("nearAndFar" as const), window }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("slidingWindow" as const), window }) },
    { weight: 1, arbitrary: fc.constant({ kind: "plain" as const }) },
  );
};

type Lengths = { readonly start: fc.Arbitrary<number>; readonly queryLen: fc.Arbitrary<number> };
type Heads = { readonly numKvHeads: number; readonly group: number; readonly headDim: number };

/** In steps of 4; those between stand in for more of their kind, since a software driver takes seconds to compile for each 32. */
const widths = fc.oneof(fc.constant(32), whole(9, 16).map(four), whole(17, 24).map(four), whole(57, 64).map(four));

const configs = ({ start, queryLen }: Lengths, most: Heads): fc.Arbitrary<AttentionConfig> =>
  fc
    .record({
      start,
      queryLen,
      numKvHeads: whole(1, most.numKvHeads),
      group: whole(1, most.group),
      headDim: widths.filter((width) => width <= most.headDim),
    })
    .chain(({ start: past, queryLen: length, numKvHeads, group, headDim }) =>
      bands(past + length).map((layout) => ({
        bands: layout,
        numKvHeads,
        numHeads: numKvHeads * group,
        headDim,
        start: past,
        queryLen: length,
      })),
    );

/** A software driver on a busy machine. */
const patience = { timeout: 600_000 };

const agree = (shapes: fc.Arbitrary<AttentionConfig>, numRuns: number): Promise<void> =>
  fc.assert(
    fc.asyncProperty(shapes, whole(1, 1_000_000), async (config, seed) => {
      expect(await difference(config, seed)).toBeLessThan(attentionManifest.tolerance.float32);
    }),
    // Shrinking would take minutes on a software driver; the case that fails is printed as it is.
    { numRuns, endOnFailure: true },
  );

describe.skipIf(gpu === undefined)("the WGSL kernel on WebGPU", () => {
  afterAll(() => gpu?.device.destroy());

  it.each(attentionManifest.tests)("$name", async ({ config }) => {
    expect(await difference(config, 7)).toBeLessThan(attentionManifest.tolerance[config.storage ?? "float32"]);
  });

  it.each(goldenCases)(
    "gives the vectors computed independently: $name",
    async ({ length, window, bands: both, values, out }) => {
      const [near, far] = both as [AttentionBand, AttentionBand];
      const headDim = values.dims[2];
      const heads = { numHeads: 1, numKvHeads: 1, headDim };
      const kernel = attentionKernel({ ...heads, bands: { kind: "nearAndFar", window }, start: 0, queryLen: length });
      const scaled = ({ queries }: AttentionBand): Float32Array => queries.data.map((x) => x / Math.sqrt(headDim));
      const loaded = await loadKernel(gpu!, kernel, {
        nearQueries: scaled(near),
        nearKeys: near.keys.data,
        farQueries: scaled(far),
        farKeys: far.keys.data,
        values: values.data,
      } as Problem["inputs"]);
      await loaded.run(1);
      expect(largestDifference(new Float32Array(await loaded.read("out")), out)).toBeLessThan(1e-5);
      loaded.release();
    },
  );

  // 100 + 90 + 10 shapes.
  it("agrees with the reference for chunks behind a past", patience, async () => {
    const lengths = { start: fc.oneof(whole(0, 60), whole(0, 500)), queryLen: whole(1, 100) };
    await agree(configs(lengths, { numKvHeads: 3, group: 4, headDim: 256 }), 100);
  });

  it("agrees with the reference for one to four queries behind a long past", patience, async () => {
    const lengths = { start: whole(0, 1_996), queryLen: whole(1, 4) };
    await agree(configs(lengths, { numKvHeads: 3, group: 8, headDim: 256 }), 90);
  });

  it("agrees with the reference for long prompts", patience, async () => {
    const lengths = { start: fc.constantFrom(0, 0, 200), queryLen: whole(1_000, 1_800) };
    await agree(configs(lengths, { numKvHeads: 1, group: 1, headDim: 64 }), 10);
  });
});
