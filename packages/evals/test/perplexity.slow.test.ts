import { cpu } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { selfExtend } from "@ropewalk/context-extension";
import { loadModel, type LanguageModel } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { storiesExtensions, type StoriesGolden } from "@ropewalk/testing/goldens/golden-cases";
import { inRepository } from "@ropewalk/testing/repository";
import { tinyModelGoldens } from "@ropewalk/testing/vectors";
import { stories260K } from "@ropewalk/tiny-models";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { perplexity, perplexityEvaluation, tokenLosses, type LossModel } from "../src/index.ts";

const vectors = inRepository(`${tinyModelGoldens}/stories260K/golden.json`);
const golden = JSON.parse(readFileSync(vectors, "utf8")) as StoriesGolden;

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

describe.each([cpu({ threads: 1 }), wasm()])("on $name, against losses of an independent implementation", (backend) => {
  let plain: LanguageModel;
  beforeAll(async () => void (plain = await loadModel(await openFolder(stories260K.url), { backend })));
  afterAll(() => plain.release());

  it.each(Object.keys(golden.cases))("%s: every token's loss, and their means by position", async (name) => {
    const { nll } = golden.cases[name]!;
    const model = await plain.withExtension(storiesExtensions[name]!);
    const losses = await tokenLosses(model, golden.ids);
    expect(losses).toHaveLength(nll.length);
    losses.forEach((loss, position) => expect(Math.abs(loss - nll[position]!)).toBeLessThan(1e-4));

    const { buckets, loss, tokens } = await perplexity(model, golden.ids, { length: 800, windows: 1 });
    expect(buckets.map(({ from, to, tokens: scored }) => [from, to, scored])).toEqual([
      [0, 512, 512],
      [512, 800, 288],
    ]);
    expect(buckets[0]!.loss).toBeCloseTo(mean(nll.slice(0, 512)), 5);
    expect(buckets[1]!.loss).toBeCloseTo(mean(nll.slice(512)), 5);
    expect(loss).toBeCloseTo(mean(nll), 5);
    expect(tokens).toBe(800);
  });

  it("starts each window with an empty cache", async () => {
    const { buckets } = await perplexity(plain, golden.ids, { length: 400, windows: 2, bucket: 400 });
    const windows = [golden.ids.slice(0, 401), golden.ids.slice(400)];
    const means = await Promise.all(windows.map(async (ids) => mean(await tokenLosses(plain, ids))));
    expect(means[0]).toBeCloseTo(mean(golden.cases["vanilla"]!.nll.slice(0, 400)), 5);
    expect(buckets).toEqual([{ from: 0, to: 400, loss: expect.closeTo(mean(means), 9) as number, tokens: 800 }]);
  });
});

it("windows that are run together have the losses of windows by themselves, be they as many as fit or fewer", async () => {
  const model = await loadModel(await openFolder(stories260K.url), {
    backend: cpu({ threads: 1 }),
    extension: selfExtend({ groupSize: 8, window: 32 }),
  });
  const asked = { length: 70, windows: 5, stride: 50, bucket: 20 };
  const apart = await perplexity(model, golden.ids, asked);
  const done: number[] = [];
  const onProgress = (at: number): void => void done.push(at);
  const together = await perplexity(model, golden.ids, { ...asked, batch: 3, onProgress });
  expect(together.tokens).toBe(apart.tokens);
  together.buckets.forEach(({ loss }, at) => expect(loss).toBeCloseTo(apart.buckets[at]!.loss, 5));
  expect(done).toEqual([...done].sort((a, b) => a - b));
  expect(done.at(-1)).toBe(350);
  await expect(perplexity(model, golden.ids, { ...asked, batch: 0 })).rejects.toThrow(/batch must be/);
  await expect(
    perplexity(
      fake,
      golden.ids.map((id) => id % vocabSize),
      { ...asked, batch: 2 },
    ),
  ).rejects.toThrow("tokenLosses: texts must be one where a model cannot run several together, got 2");
  await model.release();
});

const vocabSize = 7;

/** A model whose logits depend on the token and its position, handed out in chunks. */
const fake: LossModel = {
  extended: { decoder: { vocabSize } } as LanguageModel["extended"],
  visitLogits: async (ids, visit, { chunkSize = 512, onProgress } = {}) => {
    for (let start = 0; start < ids.length; start += chunkSize) {
      const chunk = ids.slice(start, start + chunkSize);
      visit(start, Float32Array.from(chunk.flatMap((id, row) => logitsAt(id, start + row))));
      onProgress?.(start + chunk.length, ids.length);
    }
  },
};

const logitsAt = (id: number, position: number): readonly number[] =>
  Array.from({ length: vocabSize }, (_, token) => Math.fround(5 * Math.sin(3 * id + position + token * token)));

const naiveLoss = (id: number, position: number, target: number): number => {
  const powers = logitsAt(id, position).map(Math.exp);
  return -Math.log(powers[target]! / powers.reduce((sum, power) => sum + power, 0));
};

describe("perplexity", () => {
  it("is the mean by position of the losses that the formula gives, masked targets left out", async () => {
    const sizes = {
      length: fc.integer({ min: 2, max: 40 }),
      windows: fc.integer({ min: 1, max: 4 }),
      bucket: fc.integer({ min: 1, max: 50 }),
      chunkSize: fc.integer({ min: 1, max: 50 }),
      masked: fc.uniqueArray(fc.nat(vocabSize - 1), { maxLength: 2 }),
    };
    const withIds = fc
      .record(sizes)
      .chain((asked) =>
        fc.tuple(
          fc.constant(asked),
          fc.array(fc.nat(vocabSize - 1), { minLength: asked.length * asked.windows + 1, maxLength: 200 }),
        ),
      );
    await fc.assert(
      fc.asyncProperty(withIds, async ([asked, ids]) => {
        const { length, windows, bucket, masked } = asked;
        const { buckets, loss, tokens } = await perplexity(fake, ids, asked);
        const all = Array.from({ length: length * windows }, (_, index) => ({
          position: index % length,
          target: ids[index + 1]!,
          loss: naiveLoss(ids[index]!, index % length, ids[index + 1]!),
        })).filter(({ target }) => !masked.includes(target));
        expect(buckets.map(({ from }) => from)).toEqual(
          Array.from({ length: Math.ceil(length / bucket) }, (_, index) => index * bucket),
        );
        expect(buckets.map(({ to }) => to)).toEqual([...buckets.slice(1).map(({ from }) => from), length]);
        for (const { from, to, ...own } of buckets) {
          const inside = all.filter(({ position }) => position >= from && position < to);
          expect(own.tokens).toBe(inside.length);
          if (inside.length === 0) expect(own.loss).toBeNaN();
          else expect(own.loss).toBeCloseTo(mean(inside.map((one) => one.loss)), 9);
        }
        expect(tokens).toBe(all.length);
        if (all.length > 0) expect(loss).toBeCloseTo(mean(all.map((one) => one.loss)), 9);
      }),
    );
  });

  it("scores every token once where windows slide, with at least length - stride before it", async () => {
    const asked = fc.record({
      length: fc.integer({ min: 2, max: 20 }),
      windows: fc.integer({ min: 1, max: 5 }),
      share: fc.double({ min: 0.01, max: 1, noNaN: true }),
      parts: fc.integer({ min: 1, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(asked, async ({ length, windows, share, parts }) => {
        const stride = Math.max(1, Math.round(share * length));
        const needed = length + (windows - 1) * stride + 1;
        const ids = Array.from({ length: needed }, (_, index) => (3 * index + (index % 4)) % vocabSize);
        const sliding = { length, stride, bucket: 3 };
        const { loss, tokens } = await perplexity(fake, ids, { ...sliding, windows });
        const naive = ids.slice(1).map((target, index) => {
          const window = index < length ? 0 : Math.ceil((index + 1 - length) / stride);
          return naiveLoss(ids[index]!, index - window * stride, target);
        });
        expect(tokens).toBe(needed - 1);
        expect(loss).toBeCloseTo(mean(naive), 9);
        // Apart, windows come to the same.
        let [sum, count] = [0, 0];
        for (let skip = 0; skip < windows; skip += parts) {
          const part = await perplexity(fake, ids, { ...sliding, skip, windows: Math.min(parts, windows - skip) });
          [sum, count] = [sum + part.loss * part.tokens, count + part.tokens];
        }
        expect(count).toBe(tokens);
        expect(sum / count).toBeCloseTo(loss, 9);
      }),
    );
  });

  it("is ln V where all V tokens are equally likely, and does not overflow where logits are large", async () => {
    const flat: LossModel = {
      ...fake,
      visitLogits: async (ids, visit) => visit(0, new Float32Array(ids.length * vocabSize).fill(5000)),
    };
    const { loss } = await perplexity(flat, [0, 1, 2, 3, 4], { length: 4, windows: 1 });
    expect(loss).toBeCloseTo(Math.log(vocabSize), 12);
  });

  it("tells how far it is, over all windows", async () => {
    const seen: (readonly [number, number])[] = [];
    const onProgress = (done: number, total: number): void => void seen.push([done, total]);
    await perplexity(
      fake,
      Array.from({ length: 13 }, () => 1),
      { length: 6, windows: 2, chunkSize: 4, onProgress },
    );
    expect(seen).toEqual([
      [4, 12],
      [6, 12],
      [10, 12],
      [12, 12],
    ]);
  });

  it.each([
    [{ length: 1, windows: 1 }, "perplexity: length must be an integer of at least 2, got 1"],
    [{ length: 2.5, windows: 1 }, "perplexity: length must be an integer of at least 2, got 2.5"],
    [{ length: 4, windows: 0 }, "perplexity: windows must be a positive integer, got 0"],
    [{ length: 4, windows: 1, stride: 5 }, "perplexity: stride must be an integer from 1 to the length, 4, got 5"],
    [{ length: 4, windows: 1, stride: 0 }, "perplexity: stride must be an integer from 1 to the length, 4, got 0"],
    [
      { length: 3, windows: 3, stride: 1 },
      "perplexity: the text must have at least 6 tokens, 3, 2 times 1 and one more to predict, got 5; windows 2 would fit",
    ],
    [{ length: 4, windows: 1, bucket: 0 }, "perplexity: bucket must be a positive integer, got 0"],
    [
      { length: 4, windows: 2 },
      "perplexity: the text must have at least 9 tokens, 2 times 4 and one more to predict, got 5; windows 1 would fit",
    ],
    [
      { length: 8, windows: 2 },
      "perplexity: the text must have at least 17 tokens, 2 times 8 and one more to predict, got 5; length 4 with windows 1 would fit",
    ],
  ])("refuses %o", async (asked, message) => {
    await expect(perplexity(fake, [0, 1, 2, 3, 4], asked)).rejects.toThrow(new RangeError(message));
  });

  it("refuses a last target outside the vocabulary, and a single token", async () => {
    await expect(tokenLosses(fake, [1, 2, vocabSize])).rejects.toThrow(
      new RangeError("tokenLosses: ids must be integers from 0 to 6, the vocabulary, got 7 at index 2"),
    );
    await expect(tokenLosses(fake, [1])).rejects.toThrow(
      new RangeError("tokenLosses: ids must hold at least 2 tokens, got 1"),
    );
  });
});

it("has equal parameters for equal measurements: a stride as long as the window and nothing skipped are as if absent", () => {
  const asked = { text: "a.txt", length: 16 };
  const { check } = perplexityEvaluation;
  expect(check("x", { ...asked, stride: 16, skip: 0 })).toEqual(check("x", asked));
  expect(check("x", { ...asked, stride: 8, skip: 1 })).toEqual({ ...check("x", asked), stride: 8, skip: 1 });
});
