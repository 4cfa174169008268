/** The parts of `npm run train:passkey`, and that two runs of it are one. */
import { readFileSync } from "node:fs";
import { cpu } from "@ropewalk/backend-node";
import type { PasskeyLanguage } from "@ropewalk/evals";
import { textCodec } from "@ropewalk/generation";
import { inRepository } from "@ropewalk/testing/repository";
import { tinyModelGoldens } from "@ropewalk/testing/vectors";
import { passkey875k } from "@ropewalk/tiny-models";
import { describe, expect, it } from "vitest";
import { verdicts, type Cell } from "../src/grid-bars.ts";
import { initialWeights } from "../src/initial-weights.ts";
import { plainLogits, readPlainLlama, type PlainMethod } from "../src/plain-llama.ts";
import { recipe } from "../src/recipe.ts";
import { trainPasskey } from "../src/train-passkey.ts";
import { passkeySamples } from "../src/samples.ts";

const json = (file: string): unknown => JSON.parse(readFileSync(passkey875k.files[file]!, "utf8"));
const language = json("task.json") as PasskeyLanguage;
const codec = textCodec({ tokenizer: json("tokenizer.json"), config: json("tokenizer_config.json") });

describe("initialWeights", () => {
  const weights = initialWeights({ deviation: 0.02, seed: 1 }, { matrix: [100, 200], norm: [50] });

  it("are of the asked deviation, and ones in norms", () => {
    const { data, dims } = weights["matrix"]!;
    expect(dims).toEqual([100, 200]);
    const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
    const deviation = Math.sqrt(data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length);
    expect(Math.abs(mean)).toBeLessThan(0.001);
    expect(Math.abs(deviation - 0.02)).toBeLessThan(0.001);
    expect([...weights["norm"]!.data]).toEqual(Array.from({ length: 50 }, () => 1));
  });

  it("are the seed's", () => {
    const again = initialWeights({ deviation: 0.02, seed: 1 }, { matrix: [100, 200], norm: [50] });
    expect(again).toEqual(weights);
    const others = initialWeights({ deviation: 0.02, seed: 2 }, { matrix: [100, 200], norm: [50] });
    expect(others["matrix"]).not.toEqual(weights["matrix"]);
  });
});

describe("passkeySamples", () => {
  const { seqLen, shortest, fullEvery } = recipe;
  const { wholeEvery } = recipe.keys;
  const samples = passkeySamples({
    language,
    codec,
    count: 320,
    seqLen,
    shortest,
    fullEvery,
    wholeEvery,
    seed: 3,
  });

  it("are as long as the window, a few of them learned from beginning to end", () => {
    for (const { ids, labels = ids } of samples) expect([ids.length, labels.length]).toEqual([seqLen, seqLen]);
    expect(samples.filter(({ labels }) => labels === undefined)).toHaveLength(2 * (320 / wholeEvery));
  });

  it("teach digits alone, each of a key that was stated before", () => {
    for (const { ids, labels } of samples) {
      if (labels === undefined) continue;
      expect(labels.some((label) => label >= 0)).toBe(true);
      for (let at = 0; at < seqLen; at += 5) {
        while (at < seqLen && labels[at]! < 0) at++;
        if (at + 5 > seqLen) break;
        const key = labels.slice(at, at + 5);
        expect(key).toEqual(ids.slice(at, at + 5));
        expect(codec.decode(key)).toMatch(/^\d \d \d \d \d$/);
        expect(codec.decode(ids.slice(0, at))).toContain(`is ${codec.decode(key)} .`);
      }
    }
  });

  it("ask anywhere in the window, and at its end in one of a few", () => {
    const words = codec.encode("what is the pass key ? the pass key is", { specialTokens: false });
    const ends = samples.map(({ ids }) => {
      const at = ids.findIndex((_, place) => words.every((word, offset) => ids[place + offset] === word));
      expect(at).toBeGreaterThan(0);
      return at + words.length + 5;
    });
    // A sentence that does not fit any more leaves less than its length.
    const atEnd = ends.filter((end) => end > seqLen - 16).length;
    expect(atEnd).toBeGreaterThanOrEqual(320 / fullEvery);
    expect(atEnd).toBeLessThan((3 * 320) / 4);
    expect(Math.min(...ends)).toBeLessThan(shortest + 10);
  });
});

it("two runs give the same weights", async () => {
  const weights = async (threads: number): Promise<Uint8Array> => {
    const losses: number[] = [];
    const files = await trainPasskey({
      backend: cpu({ threads }),
      steps: 2,
      seed: 1,
      onStep: ({ loss }) => void losses.push(loss),
    });
    expect(losses.every((loss) => Math.abs(loss - Math.log(86)) < 0.2)).toBe(true);
    const parts: Uint8Array[] = [];
    for await (const part of files.find(({ name }) => name === "model.safetensors")!.parts) parts.push(part);
    return Buffer.concat(parts);
  };
  const [first, second] = [await weights(2), await weights(2)];
  expect(first.length).toBeGreaterThan(4 * 875_136);
  expect(Buffer.compare(first, second)).toBe(0);
});

it("a bar is met or not", () => {
  const cell = (method: string, length: number, found: number): Cell => ({ method, length, found, trials: 10 });
  const good = [
    cell("none", 256, 10),
    cell("none", 1024, 4),
    cell("none", 2048, 0),
    cell("none", 4096, 0),
    cell("self-extend", 1024, 10),
    cell("self-extend+log-n", 1024, 10),
    cell("self-extend+log-n", 2048, 10),
    cell("self-extend+log-n", 4096, 10),
  ];
  expect(verdicts(good).every(({ met }) => met)).toBe(true);
  for (const [at, bad] of [9, 5, 1, 1, 9, 9, 9, 9].entries()) {
    const worse = good.map((one, index) => (index === at ? { ...one, found: bad } : one));
    expect(verdicts(worse).filter(({ met }) => !met)).toHaveLength(1);
    expect(verdicts(good.filter((_, index) => index !== at)).filter(({ met }) => !met)).toHaveLength(1);
  }
});

it("the reference gives the logits that were written down", () => {
  const file = inRepository(`${tinyModelGoldens}/passkey-875k/golden-logits.json`);
  const { cases } = JSON.parse(readFileSync(file, "utf8")) as {
    readonly cases: readonly {
      readonly method: PlainMethod;
      readonly inputIds: readonly number[];
      readonly logitsLast: readonly number[];
    }[];
  };
  const llama = readPlainLlama(passkey875k.url);
  for (const { method, inputIds, logitsLast } of cases.filter((one) => one.inputIds.length < 250)) {
    const last = plainLogits(llama, method, inputIds).at(-1)!;
    for (const [token, logit] of logitsLast.entries()) expect(Math.abs(last[token]! - logit)).toBeLessThan(5e-5);
  }
});
