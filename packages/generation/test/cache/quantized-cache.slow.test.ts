import { selfExtend, slidingWindow, type ContextExtension } from "@ropewalk/context-extension";
import { inMemory, type CheckpointFolder } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { passkeyGolden } from "@ropewalk/testing/goldens/tiny-models";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { cacheBytes, createCache, loadModel, plannedCacheBytes, prefill, type LanguageModel } from "../../src/index.ts";
import { backends } from "../backends.ts";

const ids = Array.from({ length: 700 }, (_, n) => 3 + ((n * 7919) % 500));
const extensions: readonly (readonly [string, ContextExtension])[] = [
  ["one band", {}],
  ["near and far", selfExtend({ groupSize: 8, window: 64 })],
];

describe.each(backends)("a cache in 8 bits on $name", (backend) => {
  let [whole, small]: LanguageModel[] = [];
  beforeAll(async () => {
    const folder = await openFolder(stories260K.url);
    whole = await loadModel(folder, { backend });
    small = await loadModel(folder, { backend, cache: "q8" });
  });
  afterAll(async () => {
    await whole!.release();
    await small!.release();
  });

  it.each(extensions)("loses little, whatever the chunks: %s", async (_, extension) => {
    const [exact, rounded] = [await whole!.withExtension(extension), await small!.withExtension(extension)];
    const reference = await exact.logits(ids);
    const prefilled = await rounded.logits(ids);
    const stepwise = await rounded.logits(ids, { chunkSize: 1 });
    // Nothing has settled while the first block is waited for.
    const before = 100 * exact.extended.decoder.vocabSize;
    expect(largestDifference(prefilled.subarray(0, before), reference.subarray(0, before))).toBeLessThan(1e-4);
    const mean = (a: Float32Array, b: Float32Array): number =>
      a.reduce((sum, x, at) => sum + Math.abs(x - b[at]!), 0) / a.length;
    expect(mean(prefilled, reference)).toBeLessThan(0.03);
    expect(mean(stepwise, reference)).toBeLessThan(0.03);
    expect(mean(prefilled, reference)).toBeGreaterThan(0);
  });

  it("has room for more tokens than were planned", async () => {
    const { session, extended } = await small!.withExtension(selfExtend({ groupSize: 8, window: 64 }));
    const [planned, grown] = [700, 10].map((length) => createCache(backend, extended, { length }));
    const inPlan = await prefill(session, planned!, ids, { chunkSize: 50 });
    const beyond = await prefill(session, grown!, ids, { chunkSize: 50 });
    expect(largestDifference(beyond.logits, inPlan.logits)).toBeLessThan(1e-3);
  });
});

/** The shipped model with a pair of each key head's dimensions so much larger, and of the queries' so much smaller: it computes the same. */
const withOutliers = (factor: number): CheckpointFolder => {
  const file = (name: string): Buffer => readFileSync(new URL(name, stories260K.url));
  const config = JSON.parse(file("config.json").toString()) as Readonly<Record<string, number>>;
  const weights = Buffer.from(file("model.safetensors"));
  const length = Number(weights.readBigUInt64LE(0));
  const header = JSON.parse(weights.toString("utf8", 8, 8 + length)) as Readonly<
    Record<string, { readonly shape: readonly [number, number]; readonly data_offsets: readonly [number, number] }>
  >;
  const headDim = config["hidden_size"]! / config["num_attention_heads"]!;
  for (const [name, { shape, data_offsets: offsets }] of Object.entries(header)) {
    const by = name.endsWith("k_proj.weight") ? factor : name.endsWith("q_proj.weight") ? 1 / factor : 1;
    if (by === 1) continue;
    const [rows, columns] = shape;
    for (let row = 0; row < rows; row += headDim / 2)
      for (let column = 0; column < columns; column++) {
        const at = 8 + length + offsets[0] + 4 * (row * columns + column);
        weights.writeFloatLE(weights.readFloatLE(at) * by, at);
      }
  }
  return inMemory("outliers", { "config.json": file("config.json"), "model.safetensors": weights });
};

describe("a cache in 8 bits", () => {
  const [cpu] = backends;

  // As they were, a thousand times is off by 0.79 on average.
  it.each([
    [1, 0.03],
    [30, 0.03],
    [1000, 0.07],
    [10_000, 0.09],
  ])("loses little where some keys are %i times as large as the others", async (factor, most) => {
    const folder = withOutliers(factor);
    const extension = selfExtend({ groupSize: 1, window: 16 });
    const [exact, rounded] = [
      await loadModel(folder, { backend: cpu!, extension }),
      await loadModel(folder, { backend: cpu!, extension, cache: "q8" }),
    ];
    const reference = await exact.logits(ids);
    for (const chunkSize of [512, 1]) {
      const got = await rounded.logits(ids, { chunkSize });
      const mean = got.reduce((sum, x, at) => sum + Math.abs(x - reference[at]!), 0) / got.length;
      expect(mean).toBeLessThan(most);
      expect(mean).toBeGreaterThan(0);
    }
    await exact.release();
    await rounded.release();
  });

  it("finds the keys of prompts beyond the trained window, in half of the memory", async () => {
    const folder = await openFolder(passkey875k.url);
    for (const { method, inputIds, answerIds } of passkeyGolden) {
      const { groupSize, window, logNContext } = method;
      if (groupSize === null || window === null || logNContext !== null) continue;
      const extension = selfExtend({ groupSize, window });
      const model = await loadModel(folder, { backend: cpu!, cache: "q8", extension });
      const tokens: number[] = [];
      for await (const token of model.generateTokens(inputIds, { maxNewTokens: answerIds.length })) tokens.push(token);
      expect(tokens).toEqual(answerIds);
      const [length, { extended }] = [inputIds.length, model];
      expect(cacheBytes(createCache(cpu!, extended, { length }))).toBe(plannedCacheBytes(extended, { length }));
      const dense = plannedCacheBytes({ ...extended, cache: "float32" }, { length });
      if (length > 900) expect(plannedCacheBytes(extended, { length }) / dense).toBeLessThan(0.55);
      await model.release();
    }
  });

  it("is refused where no token settles", async () => {
    const options = { backend: cpu!, cache: "q8", extension: slidingWindow({ window: 16 }) } as const;
    await expect(loadModel(await openFolder(stories260K.url), options)).rejects.toThrow(
      /a cache in q8 needs tokens that leave the window and are still attended, got SlidingWindow/,
    );
  });
});
