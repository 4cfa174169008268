/** Published configs, scaled down with every key kept: they load, and give the logits of plain loops in float64. */
import { existsSync, readFileSync } from "node:fs";
import { inMemory, loadCheckpoint } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { randomCheckpoint, type RandomCheckpoint } from "@ropewalk/testing/checkpoints/random-checkpoint";
import { bytesOf, type Json } from "@ropewalk/testing/checkpoints/safetensors-file";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { logitsRow } from "@ropewalk/testing/numbers/logits-row";
import { plainLogits, shapesOf, type Matrix, type Weights } from "@ropewalk/testing/plain-decoders/plain-decoder";
import { published } from "@ropewalk/testing/published-configs/published";
import { scaledDown } from "@ropewalk/testing/published-configs/scaled-down";
import { describe, expect, it } from "vitest";
import { loadModel } from "../../src/index.ts";
import { backends } from "../backends.ts";

/** Longer than the windows of 64 tokens that attention slides in, and than the original windows under a rope scaling. */
const ids = Array.from({ length: 90 }, (_, index) => (index * 37 + 11) % 64);

const expectOracle = async (config: Json, { files, weights }: RandomCheckpoint): Promise<void> => {
  const [backend] = backends;
  const model = await loadModel(inMemory("published", files), { backend: backend! });
  const expected = plainLogits(config, weights, ids);
  for (const chunkSize of [ids.length, 33]) {
    const logits = await model.logits(ids, { chunkSize });
    const differences = expected.map((one, at) => largestDifference(logitsRow(logits, one.length, at), one));
    expect(Math.max(...differences)).toBeLessThan(2e-4);
  }
  expect(Math.max(...expected.flatMap((one) => [...one].map(Math.abs)))).toBeGreaterThan(0.5);
  await model.release();
};

describe("a published config", () => {
  it.each(Object.entries(published))("of %s", async (name, { config }) => {
    const small = scaledDown(config);
    expect(Object.keys(small)).toEqual(Object.keys(config));
    await expectOracle(small, randomCheckpoint(small, shapesOf(small), name.length));
  });
});

const config = scaledDown(published["Llama 3.2 1B"]!.config);
const head = "lm_head.weight";
const { "model.embed_tokens.weight": table, ...layers } = shapesOf(config);

describe("head and embedding", () => {
  it("are both read where both are stored, whatever ties them", () =>
    expectOracle(config, randomCheckpoint(config, { ...shapesOf(config), [head]: table! })));

  it("are one where the head stands alone", () =>
    expectOracle(config, randomCheckpoint(config, { ...layers, [head]: table! })));

  it("may be in shards whose index names tensors that are not there", async () => {
    const { files, weights } = randomCheckpoint(config, shapesOf(config));
    const shard = "model-00001-of-00001.safetensors";
    const index = Object.fromEntries([...weights.keys(), head, "mtp.fc.weight"].map((name) => [name, shard]));
    await expectOracle(config, {
      files: {
        "config.json": files["config.json"]!,
        [shard]: files["model.safetensors"]!,
        "model.safetensors.index.json": bytesOf(JSON.stringify({ metadata: {}, weight_map: index })),
      },
      weights,
    });
  });

  it("may be of a base model's name", async () => {
    const qwen = { ...scaledDown(published["Qwen2.5 7B"]!.config), architectures: ["Qwen2Model"] };
    await expectOracle(qwen, randomCheckpoint(qwen, shapesOf(qwen)));
  });
});

it("a cache in q8 runs under a window that reaches over the whole context", async () => {
  const small = scaledDown(published["Phi-4 mini"]!.config);
  const { files, weights } = randomCheckpoint(small, shapesOf(small));
  const [backend] = backends;
  const model = await loadModel(inMemory("phi-4-mini", files), { backend: backend!, cache: "q8" });
  const long = Array.from({ length: 700 }, (_, index) => (index * 37 + 11) % 64);
  const logits = await model.logits(long);
  const last = plainLogits(small, weights, long).at(-1)!;
  expect(largestDifference(logitsRow(logits, last.length, long.length - 1), last)).toBeLessThan(0.05);
  await model.release();
});

/** Checkpoints that did not load, or not as they say, where they lie beside the repository. */
const faults = new URL("../../../../../shared/faults/", import.meta.url);

/** What is stored in float32 or bfloat16, by the names of the files. */
const storedWeights = async (folder: URL): Promise<Weights> => {
  const { tensors, folder: opened } = await loadCheckpoint(await openFolder(folder));
  const weights = new Map<string, Matrix>();
  for (const { name, file, offset, length, type, dims } of tensors.values()) {
    const bytes = (await (await opened.file(file))!.source.read(offset, offset + length)).slice();
    const wide = type === "F32" ? new Float32Array(bytes.buffer) : new Float32Array(length / 2);
    if (type === "BF16") {
      const bits = new Uint32Array(wide.buffer);
      for (const [at, stored] of new Uint16Array(bytes.buffer).entries()) bits[at] = stored << 16;
    }
    weights.set(name, { rows: dims[0]!, columns: dims[1] ?? 1, data: Float64Array.from(wide) });
  }
  return weights;
};

describe.skipIf(!existsSync(faults))("a checkpoint that did not load, or not as it says", () => {
  it.each([
    ...["st-tie-with-other-head", "st-tie-only-head", "st-shards-index-missing-tensor"],
    ...["cfg-llama1-old", "cfg-phi3-yarn-type", "q-arch-model"],
  ])("%s", async (name) => {
    const folder = new URL(`${name}/`, faults);
    const stated = JSON.parse(readFileSync(new URL("config.json", folder), "utf8")) as Json;
    const weights = await storedWeights(folder);
    const [backend] = backends;
    const model = await loadModel(folder, { backend: backend! });
    const expected = plainLogits(stated, weights, ids);
    const logits = await model.logits(ids);
    const differences = expected.map((one, at) => largestDifference(logitsRow(logits, one.length, at), one));
    expect(Math.max(...differences)).toBeLessThan(2e-4);
    await model.release();
  });
});
