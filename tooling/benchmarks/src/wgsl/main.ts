/**
 * `npm run bench:wgsl`: compares the WGSL kernel with the usual form of two score matrices, on WebGPU in Node. Both first compute
 * each case of the manifest, and must agree; it fails where they differ. On a software driver only the small cases run, unless `--all`
 * is given, and their times say nothing about graphics cards.
 */
import { parseArgs } from "node:util";
import { attentionCost, attentionKernel, attentionManifest, type AttentionCase } from "@ropewalk/attention-merge/wgsl";
import { noise } from "@ropewalk/testing/numbers/noise";
import { loadKernel, openGpu, type Gpu, type Loaded } from "@ropewalk/testing/webgpu/wgsl-device";
import { compareTimes } from "../measuring/compare-times.ts";
import { twoScoreMatrices } from "./two-score-matrices.ts";

const { values: flags } = parseArgs({ options: { all: { type: "boolean", default: false } } });

const tolerance = 1e-3;

/** With more operations a software driver takes minutes. */
const mostOnSoftware = 2e8;

const scaled = (number: number, unit: string): string => {
  const at = Math.min(4, Math.floor(Math.log10(Math.max(1, number)) / 3));
  return `${(number / 1000 ** at).toFixed(1)} ${["", "k", "M", "G", "T"][at]}${unit}`;
};

const largestDifference = (a: Float32Array, b: Float32Array): number =>
  // A difference that is not a number must not pass.
  a.reduce((most, value, at) => (Math.abs(value - b[at]!) <= most ? most : Math.abs(value - b[at]!)), 0);

const outOf = async (loaded: Loaded): Promise<Float32Array> => {
  await loaded.run(1);
  return new Float32Array(await loaded.read("out"));
};

/** @throws Error when their results differ */
const compare = async (gpu: Gpu, { name, config }: AttentionCase): Promise<void> => {
  const { bands } = config;
  if (bands.kind !== "nearAndFar") throw new RangeError(`bench:wgsl: cases must be nearAndFar, got ${bands.kind}`);
  const { least, tiled, tiles } = attentionCost(config);
  console.log(`\n${name}`);
  console.log(`  at least ${scaled(least.bytes, "B")} and ${scaled(least.operations, "FLOP")}`);
  console.log(
    `  in tiles ${scaled(tiled.bytes, "B")} and ${scaled(tiled.operations, "FLOP")}: ${JSON.stringify(tiles)}`,
  );
  if (gpu.isSoftware && !flags.all && tiled.operations > mostOnSoftware)
    return console.log("  left out on a software driver; --all runs it");

  const kernel = attentionKernel({ ...config, limits: gpu.device.limits });
  const usual = twoScoreMatrices(config, bands.window);
  const largest = Math.max(...usual.buffers.map(({ bytes }) => bytes));
  const room = gpu.device.limits.maxStorageBufferBindingSize;
  const inputs = Object.fromEntries(
    kernel.buffers
      .filter(({ role }) => role === "input")
      .map(({ name: input, bytes }, index) => [input, noise(bytes / 4, index + 1)]),
  );
  const own = await loadKernel(gpu, kernel, inputs);
  const times = gpu.isSoftware ? 1 : 20;
  const each = async (loaded: Loaded): Promise<number> => (await loaded.run(times)) / times;
  if (largest > room) {
    console.log(`  two score matrices do not fit: ${scaled(largest, "B")} in a buffer of at most ${scaled(room, "B")}`);
    await each(own);
    console.log(`  here ${(await each(own)).toFixed(3)} ms`);
    return own.release();
  }
  const other = await loadKernel(gpu, usual, inputs);
  const worst = largestDifference(await outOf(own), await outOf(other));
  if (!(worst <= tolerance))
    throw new Error(`bench:wgsl: outputs of both forms must be within ${tolerance}, got ${worst}`);
  const { base, candidate, ratio } = await compareTimes(
    () => each(own),
    () => each(other),
    { rounds: gpu.isSoftware ? 3 : 15, warmups: 1 },
  );
  own.release();
  other.release();
  const label = gpu.isSoftware ? "  (software driver: no guide to speed)" : "";
  console.log(
    `  here ${base.toFixed(3)} ms, two score matrices ${candidate.toFixed(3)} ms: ${ratio.toFixed(2)}${label}`,
  );
  console.log(`  outputs within ${worst.toExponential(0)} of each other`);
};

const gpu = await openGpu({ largeBuffers: true });
if (gpu) {
  console.log(`${new Date().toISOString().slice(0, 10)}  ${gpu.adapter}`);
  if (gpu.isSoftware) console.log("A software driver: these times must not be used for tuning.");
  for (const item of attentionManifest.benchmarks) await compare(gpu, item);
  gpu.device.destroy();
} else {
  console.error("bench:wgsl: no WebGPU driver here");
  process.exitCode = 1;
}
