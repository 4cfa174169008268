/** Every step of sampling: values derived by hand, a plain loop over all tokens beside it, and what a run makes of them. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sample, startSampling, type History, type LanguageModel, type Sampling } from "../../src/index.ts";
import { drawUniform } from "../../src/sampling/random.ts";
import { backends, load } from "../backends.ts";
import { stories260K } from "@ropewalk/tiny-models";

type Drawing = Extract<Sampling, { kind: "sample" }>;

const none: History = { prompt: [], added: [] };

/** What each token's probability becomes, by the formulas alone: all tokens, no sorting of numbers, nothing shared. */
const probabilities = (sampling: Drawing, logits: Float32Array, history: History): readonly number[] => {
  const { temperature, topK = Infinity, topP = 1, minP = 0, logitBias = {} } = sampling;
  const { repetitionPenalty = 1, frequencyPenalty = 0, presencePenalty = 0 } = sampling;
  const changed = Array.from(logits, (logit, token) => {
    let z = Math.fround(logit + (logitBias[token] ?? 0));
    const isSeen = history.prompt.includes(token) || history.added.includes(token);
    if (isSeen) z = Math.fround(z < 0 ? z * repetitionPenalty : z / repetitionPenalty);
    const count = history.added.filter((each) => each === token).length;
    z = Math.fround(z - frequencyPenalty * count);
    return count > 0 ? Math.fround(z - presencePenalty) : z;
  });
  const max = Math.max(...changed);
  const weights = changed.map((z) => Math.exp((z - max) / temperature));
  const order = weights.map((_, token) => token).sort((a, b) => changed[b]! - changed[a]! || a - b);
  const byTopK = order.filter((token, rank) => rank < topK && weights[token]! > 0);
  const total = byTopK.reduce((sum, token) => sum + weights[token]!, 0);
  const byTopP: number[] = [];
  for (let reached = 0; byTopP.length < byTopK.length && (byTopP.length === 0 || reached < topP);) {
    const token = byTopK[byTopP.length]!;
    reached += weights[token]! / total;
    byTopP.push(token);
  }
  const kept = byTopP.filter((token) => weights[token]! >= minP * weights[byTopP[0]!]!);
  const left = kept.reduce((sum, token) => sum + weights[token]!, 0);
  return weights.map((weight, token) => (kept.includes(token) ? weight / left : 0));
};

const vocabSize = 12;
const token = fc.nat(vocabSize - 1);
const samplings: fc.Arbitrary<Drawing> = fc.record(
  {
    kind: fc.constant("sample" as const),
    temperature: fc.constantFrom(0.3, 0.8, 1, 2.5),
    seed: fc.integer(),
    topK: fc.integer({ min: 1, max: vocabSize + 3 }),
    topP: fc.constantFrom(0.05, 0.5, 0.9, 1),
    minP: fc.constantFrom(0.01, 0.2, 0.7, 1),
    logitBias: fc.dictionary(fc.nat(vocabSize - 2).map(String), fc.constantFrom(-Infinity, -100, -1.5, 0.25, 3)),
    repetitionPenalty: fc.constantFrom(0.8, 1, 1.3),
    frequencyPenalty: fc.constantFrom(-0.5, 0, 0.4),
    presencePenalty: fc.constantFrom(-1, 0, 1.5),
  },
  { requiredKeys: ["kind", "temperature", "seed"] },
);
const histories: fc.Arbitrary<History> = fc.record({
  prompt: fc.array(token, { maxLength: 6 }),
  added: fc.array(token, { maxLength: 8 }),
});
/** Halves: several are equal. */
const rows = fc
  .array(fc.integer({ min: -6, max: 6 }), { minLength: vocabSize, maxLength: vocabSize })
  .map((halves) => Float32Array.from(halves, (half) => half / 2));

describe("sample", () => {
  it("draws what a plain loop over all tokens draws, under any steps together", () => {
    fc.assert(
      fc.property(samplings, rows, histories, (sampling, logits, history) => {
        const state = startSampling(sampling, vocabSize);
        const before = logits.slice();
        const sampled = sample(sampling, state, logits, history);
        expect(logits).toEqual(before);
        const chances = probabilities(sampling, logits, history);
        const order = chances
          .map((_, each) => each)
          .filter((each) => chances[each]! > 0)
          .sort((a, b) => chances[b]! - chances[a]! || a - b);
        let left = drawUniform(state).uniform;
        const near = order.some((each) => Math.abs((left -= chances[each]!)) < 1e-9);
        left = drawUniform(state).uniform;
        const expected = order.find((each) => (left -= chances[each]!) < 0) ?? order.at(-1);
        // Where the drawn number falls on the line between two, rounding decides.
        fc.pre(!near);
        expect(sampled.token).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it("is greedy over the same changed logits", () => {
    fc.assert(
      fc.property(samplings, rows, histories, (drawing, logits, history) => {
        const { temperature: _, seed: __, topK: ___, topP: ____, minP: _____, ...adjustments } = drawing;
        const chances = probabilities({ ...adjustments, temperature: 1, seed: 0 }, logits, history);
        const expected = chances.indexOf(Math.max(...chances));
        expect(sample({ ...adjustments, kind: "greedy" }, [], logits, history).token).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  const greedy = (adjustments: object, logits: readonly number[], history: History = none): number =>
    sample({ kind: "greedy", ...adjustments }, [], Float32Array.from(logits), history).token;

  it("repetition: positive logits are divided, negative ones multiplied, of prompt and added, once", () => {
    // 3 / 2 = 1.5 < 1.6; behind two of it still 1.5.
    expect(greedy({ repetitionPenalty: 2 }, [3, 1.6, 1.4], { prompt: [0], added: [] })).toBe(1);
    expect(greedy({ repetitionPenalty: 2 }, [3, 1.4, 1.4], { prompt: [0, 0], added: [0] })).toBe(0);
    // -1 * 2 = -2 < -1.5
    expect(greedy({ repetitionPenalty: 2 }, [-1, -1.5, -3], { prompt: [], added: [0] })).toBe(1);
  });

  it("frequency: once for each time it was added; the prompt does not count", () => {
    // 3 - 0.5 * 2 = 2 < 2.1
    expect(greedy({ frequencyPenalty: 0.5 }, [3, 2.1], { prompt: [], added: [0, 0] })).toBe(1);
    expect(greedy({ frequencyPenalty: 0.5 }, [3, 2.1], { prompt: [0, 0], added: [0] })).toBe(0);
  });

  it("presence: once where it was added; the prompt does not count", () => {
    expect(greedy({ presencePenalty: 0.8 }, [3, 2.1], { prompt: [], added: [0, 0, 0] })).toBe(0);
    expect(greedy({ presencePenalty: 1 }, [3, 2.1], { prompt: [0], added: [0] })).toBe(1);
    expect(greedy({ presencePenalty: 1 }, [3, 2.1], { prompt: [0], added: [] })).toBe(0);
  });

  it("bias comes before the repetition penalty, frequency and presence behind it", () => {
    // (2 + 2) / 2 = 2 < 2.5, where 2 / 2 + 2 = 3 would win.
    expect(greedy({ logitBias: { 0: 2 }, repetitionPenalty: 2 }, [2, 2.5], { prompt: [0], added: [] })).toBe(1);
    // 4 / 2 - 1 = 1 < 1.2, where (4 - 1) / 2 = 1.5 would win; the same of presence.
    expect(greedy({ frequencyPenalty: 1, repetitionPenalty: 2 }, [4, 1.2], { prompt: [], added: [0] })).toBe(1);
    expect(greedy({ presencePenalty: 1, repetitionPenalty: 2 }, [4, 1.2], { prompt: [], added: [0] })).toBe(1);
  });

  it("bias bans by -Infinity, in effect by -100, and takes by 100", () => {
    expect(greedy({ logitBias: { 0: -Infinity } }, [30, 2])).toBe(1);
    expect(greedy({ logitBias: { 0: -100 } }, [30, 2])).toBe(1);
    expect(greedy({ logitBias: { 1: 100 } }, [30, 2])).toBe(1);
    expect(() => greedy({ logitBias: { 0: -Infinity, 1: -Infinity } }, [30, 2])).toThrow(
      new RangeError("sample: at least one token must not be ruled out, got none that is left"),
    );
  });

  it("minP keeps what has its share of the most likely's probability, behind the temperature", () => {
    const seen = (fields: Partial<Drawing>): ReadonlySet<number> => {
      const sampling: Drawing = { kind: "sample", temperature: 1, seed: 3, ...fields };
      const tokens = new Set<number>();
      let state = startSampling(sampling);
      for (let draws = 0; draws < 300; draws++) {
        const sampled = sample(sampling, state, Float32Array.of(Math.log(8), Math.log(4), Math.log(1)));
        tokens.add(sampled.token);
        ({ state } = sampled);
      }
      return tokens;
    };
    expect(seen({ minP: 0.49 })).toEqual(new Set([0, 1]));
    expect(seen({ minP: 0.51 })).toEqual(new Set([0]));
    // At temperature 2 the shares are their roots: 1, 0.71 and 0.35.
    expect(seen({ minP: 0.34, temperature: 2 })).toEqual(new Set([0, 1, 2]));
    expect(seen({ minP: 0.36, temperature: 2 })).toEqual(new Set([0, 1]));
  });

  it("never draws a token that is ruled out, whatever number is drawn", () => {
    const logits = Float32Array.of(-Infinity, 0, -Infinity);
    for (let seed = 0; seed < 200; seed++) {
      const sampling: Drawing = { kind: "sample", temperature: 1, seed };
      expect(sample(sampling, startSampling(sampling), logits).token).toBe(1);
    }
  });

  it.each([
    [{ minP: 0 }, "startSampling: minP must be > 0 and <= 1, got 0"],
    [{ minP: "0.1" }, 'startSampling: minP must be a number, got "0.1"'],
    [{ repetitionPenalty: 0 }, "startSampling: repetitionPenalty must be finite and > 0, got 0"],
    [{ frequencyPenalty: Infinity }, "startSampling: frequencyPenalty must be finite, got Infinity"],
    [{ presencePenalty: Number.NaN }, "startSampling: presencePenalty must be finite, got NaN"],
    [{ logitBias: [1] }, "startSampling: logitBias must be an object of numbers by token id, got"],
    [{ logitBias: { "-1": 1 } }, 'startSampling: logitBias must have token ids as keys, got "-1"'],
    [{ logitBias: { Lily: 1 } }, 'startSampling: logitBias must have token ids as keys, got "Lily"'],
    [{ logitBias: { 1: Infinity } }, "startSampling: logitBias[1] must be a number below Infinity, got Infinity"],
    [{ logitBias: { 12: 1 } }, "startSampling: logitBias must have token ids from 0 to 11, the vocabulary, got 12"],
    [{ repetition_penalty: 1.1 }, "repetitionPenalty is meant?"],
    [{ min_p: 0.1 }, "minP is meant?"],
  ])("refuses %j", (fields, message) => {
    expect(() => startSampling({ kind: "sample", temperature: 1, seed: 1, ...fields } as never, vocabSize)).toThrow(
      message,
    );
  });
});

describe("a run", () => {
  let model: LanguageModel;
  beforeAll(async () => {
    model = await load(backends[0]!, stories260K);
  });
  afterAll(() => model.release());

  const take = async (options: Parameters<LanguageModel["generateTokens"]>[1]): Promise<readonly number[]> => {
    const tokens: number[] = [];
    for await (const each of model.generateTokens("Once upon a time", { maxNewTokens: 24, stopTokens: [], ...options }))
      tokens.push(each);
    return tokens;
  };

  it("hands each token's history to the steps: the same as sample over the logits of the whole text", async () => {
    const prompt = model.text!.encode("Once upon a time");
    const adjustments = {
      repetitionPenalty: 1.2,
      frequencyPenalty: 0.3,
      presencePenalty: 0.2,
      logitBias: { 432: -100 },
    };
    const both: readonly Sampling[] = [
      { kind: "greedy", ...adjustments },
      { kind: "sample", temperature: 0.9, minP: 0.05, seed: 7, ...adjustments },
    ];
    for (const sampling of both) {
      const tokens = await take({ sampling });
      const logits = await model.logits([...prompt, ...tokens.slice(0, -1)]);
      const width = model.extended.decoder.vocabSize;
      let state = startSampling(sampling);
      const expected = tokens.map((_, at) => {
        const row = logits.subarray((prompt.length - 1 + at) * width, (prompt.length + at) * width);
        const sampled = sample(sampling, state, row, { prompt, added: tokens.slice(0, at) });
        ({ state } = sampled);
        return sampled.token;
      });
      expect(tokens).toEqual(expected);
      expect(tokens).not.toEqual(await take({}));
    }
  });

  it("counts what it stands behind as prompt", async () => {
    const sampling = { kind: "greedy", repetitionPenalty: 1.3, presencePenalty: 0.5 } as const;
    const after = await model.read("Once upon a time");
    const tokens: number[] = [];
    for await (const each of model.generateTokens([], { after, sampling, maxNewTokens: 24, stopTokens: [] }))
      tokens.push(each);
    await after.release();
    expect(tokens).toEqual(await take({ sampling }));
  });

  it("steps that change nothing leave it as it is", async () => {
    const neutral = { repetitionPenalty: 1, frequencyPenalty: 0, presencePenalty: 0, logitBias: { 3: 0 } };
    expect(await take({ sampling: { kind: "greedy", ...neutral } })).toEqual(await take({}));
    expect(await take({ sampling: { kind: "greedy", ...neutral }, stepsPerRun: 8 })).toEqual(await take({}));
  });

  it("refuses blocks that are asked for with what they do not have", async () => {
    await expect(take({ sampling: { kind: "greedy", presencePenalty: 1 }, stepsPerRun: 2 })).rejects.toThrow(
      new RangeError(
        "generate: stepsPerRun must be 1 with presencePenalty, which a run of several steps does not have, got 2",
      ),
    );
    const sampling = { kind: "sample", temperature: 1, seed: 1, minP: 0.1, logitBias: { 3: 1 } } as const;
    await expect(take({ sampling, stepsPerRun: 2 })).rejects.toThrow(
      "with logitBias and minP, which a run of several steps does not",
    );
    expect(await take({ sampling, stepsPerRun: 1 })).toEqual(await take({ sampling }));
  });

  it("refuses a bias outside the vocabulary before it reads", async () => {
    await expect(take({ sampling: { kind: "greedy", logitBias: { 512: 1 } } })).rejects.toThrow(
      "logitBias must have token ids from 0 to 511, the vocabulary, got 512",
    );
  });
});
