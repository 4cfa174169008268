import { cpu } from "@ropewalk/backend-node";
import { abf, entropyAbf } from "@ropewalk/context-extension";
import { loadModel, type LanguageModel } from "@ropewalk/generation";
import { stories260K } from "@ropewalk/tiny-models";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  entropies,
  entropiesEvaluation,
  evaluationOf,
  type EntropiesOptions,
  type EntropyModel,
} from "../src/index.ts";

const ids = Array.from({ length: 200 }, (_, at) => 3 + ((at * 37) % 400));

/** A model whose query at position i of a window that begins with token t has the entropy 10 layer + head + i + t / 8. */
const made = (trainedContext: number): EntropyModel => ({
  extended: { decoder: { trainedContext, numLayers: 3 } } as EntropyModel["extended"],
  visitAttentions: async (tokens, visit, { layers = [0, 1, 2], onProgress }) => {
    for (let start = 0; start < tokens.length; start += 3) {
      const length = Math.min(3, tokens.length - start);
      const of = (layer: number): Float32Array =>
        Float32Array.from({ length: 2 * length }, (_, at) => {
          const head = Math.floor(at / length);
          return 10 * layer + head + start + (at % length) + tokens[0]! / 8;
        });
      visit({
        start,
        logits: undefined,
        layers: layers.map((layer) => ({ layer, dims: [2, length], data: of(layer) })),
      });
      onProgress?.(start + length, tokens.length);
    }
  },
});

describe("entropies", () => {
  it("are means over windows, by layer and head, of the positions of a bucket, inside and beyond the trained window", async () => {
    const done: number[] = [];
    const found = await entropies(made(6), [8, ...Array<number>(9).fill(1), 16, ...Array<number>(9).fill(1), 1], {
      length: 10,
      windows: 2,
      bucket: 4,
      layers: [2, 0],
      onProgress: (tokens) => void done.push(tokens),
    });
    expect(done).toEqual([3, 6, 9, 10, 13, 16, 19, 20]);
    expect([found.trainedContext, found.drift]).toEqual([6, 5]);
    const [two, zero] = found.layers;
    // Windows begin with 8 and 16, at 1 and 2.
    expect(zero).toEqual({
      layer: 0,
      buckets: [
        { from: 0, to: 4, mean: 3.5, heads: [3, 4] },
        { from: 4, to: 8, mean: 7.5, heads: [7, 8] },
        { from: 8, to: 10, mean: 10.5, heads: [10, 11] },
      ],
      inside: { mean: 4.5, heads: [4, 5] },
      beyond: { mean: 9.5, heads: [9, 10] },
    });
    expect([two!.layer, two!.inside.mean, two!.beyond!.mean]).toEqual([2, 24.5, 29.5]);
    const within = await entropies(made(64), ids, { length: 10, windows: 1 });
    expect(within.layers.map(({ beyond }) => beyond)).toEqual([undefined, undefined, undefined]);
  });

  it.each<readonly [Partial<Record<keyof EntropiesOptions | "layer", unknown>>, string]>([
    [
      { layer: 1 },
      'entropies: options must have no keys but length, windows, layers, bucket, onProgress, chunkSize, signal, got "layer"; layers is meant?',
    ],
    [{ bucket: 0 }, "entropies: bucket must be an integer >= 1, got 0"],
    [{ length: 1 }, "entropies: length must be an integer of at least 2, got 1"],
    [{ windows: 9 }, "entropies: the text must have at least 577 tokens"],
  ])("refuse %j", async (options, words) => {
    await expect(entropies(made(6), ids, { length: 64, windows: 1, ...(options as object) })).rejects.toThrow(words);
  });
});

describe("of a model", () => {
  let model: LanguageModel;
  beforeAll(
    async () => void (model = await loadModel(stories260K.url, { backend: cpu({ threads: 1 }), trainedContext: 40 })),
  );
  afterAll(() => model.release());
  const options = { length: 190, windows: 1, bucket: 64 };

  it("they do not depend on the chunk size", async () => {
    const [whole, parts] = [
      await entropies(model, ids, options),
      await entropies(model, ids, { ...options, chunkSize: 17 }),
    ];
    const numbers = ({ layers }: typeof whole): readonly number[] =>
      layers.flatMap(({ buckets, inside, beyond }) =>
        [...buckets, inside, beyond!].flatMap(({ heads, mean }) => [...heads, mean]),
      );
    numbers(whole).forEach((mean, at) => expect(mean).toBeCloseTo(numbers(parts)[at]!, 4));
  });

  it("beyond the trained window they stay nearer to those inside under Entropy-ABF than under its base alone", async () => {
    const drift = async (extension: Parameters<LanguageModel["withExtension"]>[0]): Promise<number> => {
      const found = await entropies(await model.withExtension(extension), ids, options);
      return found.drift!;
    };
    const theta = 40_000;
    expect(await drift(entropyAbf({ trainedContext: 40, theta }))).toBeLessThan(0.8 * (await drift(abf({ theta }))));
  });

  it("a layer that it does not have is refused", async () => {
    await expect(entropies(model, ids, { ...options, layers: [5] })).rejects.toThrow(
      "visitAttentions: layers[0] must be an integer from 0 to 4, got 5",
    );
  });
});

describe("the evaluation", () => {
  it("is in the table, and checks its parameters", () => {
    const { check } = evaluationOf("test", "entropies");
    expect(check("job", { text: "a.txt", length: 64 })).toEqual({ text: "a.txt", length: 64, windows: 1, bucket: 512 });
    expect(() => check("job", { text: "a.txt", length: 64, layers: [] })).toThrow(
      "job: layers must hold at least 1, got 0",
    );
    expect(() => check("job", { text: "a.txt", length: 64, layers: [0.5] })).toThrow(
      "job: layers[0] must be an integer >= 0, got 0.5",
    );
    expect(() => check("job", { text: "a.txt", lenght: 64 })).toThrow("length is meant?");
  });

  it("gives what JSON holds", async () => {
    const text = "Once upon a time, there was a little girl named Lily. ".repeat(8);
    const model = await loadModel(stories260K.url, { backend: cpu({ threads: 1 }) });
    const params = entropiesEvaluation.check("job", { text: "mine.txt", length: 64, layers: [1] });
    const report = await entropiesEvaluation.run(model, params, {
      read: async (name) => (name === "mine.txt" ? text : ""),
      load: async () => undefined,
    });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report.layers.map(({ layer, beyond }) => [layer, beyond])).toEqual([[1, null]]);
    const inside = report.layers[0]!.inside.mean;
    expect(entropiesEvaluation.figures!(report).map(({ value }) => value)).toEqual([null, inside, null]);
    expect(entropiesEvaluation.tokens!({ ...params, windows: 3 })).toBe(192);
    await model.release();
  });
});
