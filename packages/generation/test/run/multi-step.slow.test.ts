/** Decoding with several steps a run, against decoding step by step: the same tokens, under every layout, precision and way to pick them. */
import {
  compose,
  leakyReRope,
  logN,
  reRope,
  selfExtend,
  slidingWindow,
  type ContextExtension,
} from "@ropewalk/context-extension";
import type { CachePrecision } from "@ropewalk/decoder";
import type { Backend } from "@ropewalk/backend";
import type { Precision } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import type { RopeScaling } from "@ropewalk/rope";
import { passkeyGolden } from "@ropewalk/testing/goldens/tiny-models";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { logitsRow } from "@ropewalk/testing/numbers/logits-row";
import { inRepository } from "@ropewalk/testing/repository";
import { modelVectors } from "@ropewalk/testing/vectors";
import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import {
  createCache,
  loadModel,
  needCheckpoint,
  openModel,
  prefill,
  releaseCache,
  runMultiStep,
  runChunk,
  startSampling,
  type GenerateOptions,
  type GenerationStats,
  type LanguageModel,
  type Sampling,
} from "../../src/index.ts";
import { generateTokens } from "../../src/generate/generate-tokens.ts";
import { backends, load } from "../backends.ts";

const take = async (model: LanguageModel, prompt: readonly number[], options: GenerateOptions): Promise<number[]> => {
  const tokens: number[] = [];
  for await (const token of model.generateTokens(prompt, options)) tokens.push(token);
  return tokens;
};

const drawn: Sampling = { kind: "sample", temperature: 0.9, topK: 40, topP: 0.95, seed: 11 };
const samplings: readonly Sampling[] = [
  { kind: "greedy" },
  drawn,
  { kind: "sample", temperature: 1.3, seed: 5 },
  { kind: "sample", temperature: 0.8, topP: 0.9, seed: 6 },
  { kind: "sample", temperature: 1, topK: 1, seed: 7 },
  { kind: "sample", temperature: 1, topK: 10_000, seed: 8 },
];

const extensions: readonly (readonly [string, ContextExtension])[] = [
  ["plain", {}],
  ["SelfExtend", selfExtend({ groupSize: 4, window: 24 })],
  ["SelfExtend, a window of one run", selfExtend({ groupSize: 8, window: 16 })],
  ["ReRoPE", reRope({ window: 40 })],
  ["Leaky ReRoPE with log-n", compose(leakyReRope({ factor: 4, window: 30 }), logN({ trainedContext: 64 }))],
  ["a sliding window", slidingWindow({ window: 20 })],
  ["log-n", logN({ trainedContext: 64 })],
];

describe.each(backends)("on $name", (backend) => {
  let stories: LanguageModel;
  beforeAll(async () => void (stories = await load(backend, stories260K)));
  afterAll(() => stories.release());

  // Past the first settling, around rings many times, in runs that divide nothing.
  it.each(extensions)("%s: the tokens of step by step, greedy and drawn", async (_, extension) => {
    const model = await stories.withExtension(extension);
    for (const sampling of [samplings[0]!, drawn]) {
      const options = { sampling, stopTokens: [], maxNewTokens: backend.name === "cpu" ? 200 : 150 };
      const expected = await take(model, [1, 403, 407], { ...options, stepsPerRun: 1 });
      for (const stepsPerRun of [16, 50])
        expect(await take(model, [1, 403, 407], { ...options, stepsPerRun })).toEqual(expected);
    }
  });

  it("the tokens of step by step, whatever they are picked by", async () => {
    for (const sampling of samplings) {
      const options = { sampling, stopTokens: [], maxNewTokens: 120 };
      const expected = await take(stories, [1], { ...options, stepsPerRun: 1 });
      expect(await take(stories, [1], { ...options, stepsPerRun: 32 })).toEqual(expected);
    }
  });
});

describe("blocks", () => {
  const [cpu] = backends;
  let stories: LanguageModel;
  beforeAll(async () => void (stories = await load(cpu!, stories260K)));
  afterAll(() => stories.release());

  it("of any size give the same, and as many tokens as are asked", async () => {
    const model = await stories.withExtension(selfExtend({ groupSize: 4, window: 10 }));
    const prompt = [...stories.text!.encode("Lily and her dog went to the park. They saw a big red ball and")];
    for (const maxNewTokens of [1, 2, 33]) {
      const expected = await take(model, prompt, { maxNewTokens, stopTokens: [], stepsPerRun: 1 });
      expect(expected).toHaveLength(maxNewTokens);
      for (const stepsPerRun of [2, 3, 8, 32, 1000])
        expect(await take(model, prompt, { maxNewTokens, stopTokens: [], stepsPerRun })).toEqual(expected);
    }
  });

  it("end before a stop token, wherever it stands", async () => {
    const tokens = await take(stories, [1], { maxNewTokens: 60, stopTokens: [] });
    for (const at of [0, 1, 2, 7, 8, 9, 31]) {
      const stopTokens = [511, tokens[at]!];
      const expected = tokens.slice(0, tokens.indexOf(tokens[at]!));
      const stats: GenerationStats[] = [];
      const options: GenerateOptions = { maxNewTokens: 60, stopTokens, onDone: (done) => void stats.push(done) };
      expect(await take(stories, [1], { ...options, stepsPerRun: 8 })).toEqual(expected);
      await take(stories, [1], { ...options, stepsPerRun: 1 });
      const [severalSteps, stepwise] = stats;
      expect(severalSteps).toMatchObject({ promptTokens: 1, newTokens: expected.length });
      expect(severalSteps!.cacheBytes).toBe(stepwise!.cacheBytes);
    }
  });

  it("are given out together, and end where the signal says so", async () => {
    const reason = new Error("enough");
    const stop = new AbortController();
    const tokens: number[] = [];
    const run = async (): Promise<void> => {
      const options = { maxNewTokens: 50, stepsPerRun: 16, signal: stop.signal };
      for await (const token of stories.generateTokens([1], options)) {
        tokens.push(token);
        if (tokens.length === 5) stop.abort(reason);
      }
    };
    await expect(run()).rejects.toBe(reason);
    expect(tokens).toHaveLength(5);
    // The whole block was there: the event loop was not given a turn in between.
    let turns = 0;
    const tick = setInterval(() => (turns += 1), 0);
    const seen: number[] = [];
    for await (const _ of stories.generateTokens([1], { maxNewTokens: 33, stepsPerRun: 16 })) seen.push(turns);
    clearInterval(tick);
    expect(new Set(seen.slice(1, 17)).size).toBe(1);
    expect(seen.at(-1)).toBeGreaterThan(seen[1]!);
  });

  it("make text of the same pieces joined", async () => {
    const text = async (stepsPerRun: number): Promise<string> => {
      let all = "";
      for await (const piece of stories.generate("Once upon a time", { maxNewTokens: 60, stepsPerRun })) all += piece;
      return all;
    };
    expect(await text(16)).toBe(await text(1));
  });

  it("find the hidden keys beyond the trained window, behind a long prompt", async () => {
    const passkey = await load(cpu!, passkey875k);
    for (const { method, inputIds, answerIds } of passkeyGolden) {
      const { groupSize, window, logNContext } = method;
      if (groupSize === null || window === null) continue;
      const extension = selfExtend({ groupSize, window });
      const model = await passkey.withExtension(
        logNContext === null ? extension : compose(extension, logN({ trainedContext: logNContext })),
      );
      expect(await take(model, inputIds, { maxNewTokens: 5, stepsPerRun: 4 })).toEqual(answerIds);
    }
    await passkey.release();
  });

  type Stored = { readonly quantize?: Precision; readonly cache?: CachePrecision };

  const stored: readonly (readonly [string, Stored])[] = [
    ["a cache in 8 bits", { cache: "q8" }],
    ["weights in 4 bits", { quantize: "q4" }],
    ["weights in 8 bits and a cache in 8 bits", { quantize: "q8", cache: "q8" }],
  ];
  const prompt = Array.from({ length: 150 }, (_, index) => 3 + ((index * 37) % 500));

  it.each(stored)("%s: the tokens of step by step, over several settlings", async (_, options) => {
    // Activations stay float32: rounded to 8 bits they turn the last bit of a sum into another logit.
    const backend: Backend = { ...cpu!, quantizedWeights: "unpacked" };
    const model = await loadModel(await openFolder(stories260K.url), { backend, ...options });
    for (const extension of [{}, selfExtend({ groupSize: 4, window: 40 })]) {
      const extended = await model.withExtension(extension);
      for (const sampling of [samplings[0]!, drawn]) {
        const run = { sampling, stopTokens: [], maxNewTokens: 250, beyondCapacity: "allow" } as const;
        const expected = await take(extended, prompt, { ...run, stepsPerRun: 1 });
        expect(await take(extended, prompt, { ...run, stepsPerRun: 50 })).toEqual(expected);
      }
    }
    await model.release();
  });

  it.each(["q4", "q8"] as const)(
    "over weights kept in blocks, %s: the most likely, as far as rounding goes",
    async (quantize) => {
      const model = await loadModel(await openFolder(stories260K.url), { backend: cpu!, quantize });
      const { vocabSize } = model.extended.decoder;
      const options = { maxNewTokens: 200, stopTokens: [], beyondCapacity: "allow" } as const;
      const tokens = await take(model, prompt, { ...options, stepsPerRun: 16 });
      const all = [...prompt, ...tokens];
      const stepwise = await model.logits(all.slice(0, -1), { chunkSize: 1 });
      const inChunks = await model.logits(all.slice(0, -1), { chunkSize: 50 });
      const missed = tokens.map((token, index) => {
        const logits = logitsRow(stepwise, vocabSize, prompt.length - 1 + index);
        return Math.max(...logits) - logits[token]!;
      });
      // No further than the same weights give other logits in chunks of another size.
      expect(Math.max(...missed)).toBeLessThanOrEqual(2 * largestDifference(stepwise, inChunks));
      expect(missed.filter((miss) => miss === 0).length).toBeGreaterThan(190);
      await model.release();
    },
  );

  it("are refused in sizes that are none", async () => {
    for (const stepsPerRun of [0, -2, 1.5, Number.NaN])
      await expect(take(stories, [1], { stepsPerRun })).rejects.toThrow(
        `generate: stepsPerRun must be a positive integer, got ${stepsPerRun}`,
      );
  });
});

describe("a loop of one's own without a graph of several steps", () => {
  it("has none: they are refused, and off where a backend likes them", async () => {
    const model = await load(backends[0]!, stories260K);
    const { session, extended } = model;
    const graph = { backend: { ...backends[0]!, stepsPerRun: 8 }, session, extended, stopTokens: [] };
    await expect(generateTokens(graph, [1], { stepsPerRun: 4 }).next()).rejects.toThrow(
      "generate: stepsPerRun must be 1 where there is no graph of several steps, as on cpu, got 4",
    );
    const tokens: number[] = [];
    for await (const token of generateTokens(graph, [1], { maxNewTokens: 12 })) tokens.push(token);
    expect(tokens).toEqual(await take(model, [1], { maxNewTokens: 12, stopTokens: [] }));
    await model.release();
  });

  it("a backend's liking is the default", async () => {
    const made: number[] = [];
    const backend: Backend = {
      ...backends[0]!,
      stepsPerRun: 8,
      createSession: (model, ...rest) => {
        made.push(model.length);
        return backends[0]!.createSession(model, ...rest);
      },
    };
    const model = await loadModel(await openFolder(stories260K.url), { backend });
    expect(made).toHaveLength(1);
    const tokens = await take(model, [1], { maxNewTokens: 20 });
    expect(made).toHaveLength(2);
    expect(await take(model, [1], { maxNewTokens: 20, stepsPerRun: 1 })).toEqual(tokens);
    expect(made).toHaveLength(2);
    await model.release();
  });
});

describe("blocks of every family", () => {
  const folder = inRepository(`${modelVectors}/`);
  const families = ["tiny", "layered"].flatMap((parent) =>
    readdirSync(new URL(`${parent}/`, folder)).map((name) => `${parent}/${name}`),
  );
  it.each(families)("%s", async (family) => {
    const model = await loadModel(await openFolder(new URL(`${family}/`, folder)), { backend: backends[0]! });
    const options = { maxNewTokens: 60, stopTokens: [], beyondCapacity: "allow" } as const;
    const expected = await take(model, [5, 6, 7], { ...options, stepsPerRun: 1 });
    expect(await take(model, [5, 6, 7], { ...options, stepsPerRun: 16 })).toEqual(expected);
    await model.release();
  });
});

describe("a loop of one's own", () => {
  const [cpu] = backends;
  const dynamic: RopeScaling = { kind: "dynamic-ntk", factor: 2, originalContext: 48 };
  const longrope: RopeScaling = {
    kind: "longrope",
    shortFactor: [1, 1.1, 1.2, 1.3],
    longFactor: [1.5, 2.5, 4, 6],
    factor: 4,
    originalContext: 48,
  };

  it.each([
    ["plain", undefined],
    ["dynamic NTK", dynamic],
    ["LongRoPE", longrope],
  ] as const)("outgrows its plan where step by step does: %s", async (_, scaling) => {
    const opened = await openModel(await openFolder(stories260K.url));
    const checkpoint = needCheckpoint("test", opened.source);
    const { decoder } = checkpoint;
    const rope = scaling === undefined ? decoder.rope : { ...decoder.rope, scaling };
    const model = await loadModel(
      { ...opened, source: { ...checkpoint, decoder: { ...decoder, rope } } },
      { backend: cpu! },
    );
    const { session, extended } = model;
    const start = async () =>
      prefill(session, createCache(cpu!, extended, { length: 20 }), [1, 403, 407], {}).then(({ cache }) => cache);

    let stepwise = await start();
    const expected = [261];
    while (expected.length <= 130) {
      const { logits, cache } = await runChunk(session, stepwise, expected.slice(-1), [0]);
      expected.push(logits.indexOf(Math.max(...logits)));
      stepwise = cache;
    }
    const multiStepSession = await model.multiStepSession!();
    let cache = await start();
    const tokens = [261];
    const sampling: Sampling = { kind: "greedy" };
    while (tokens.length <= 130) {
      const steps = Math.min(17, 131 - tokens.length);
      const block = await runMultiStep({ session, multiStepSession }, cache, tokens.at(-1)!, {
        sampling,
        state: startSampling(sampling),
        stopTokens: [],
        steps,
      });
      tokens.push(...block.tokens);
      cache = block.cache;
    }
    expect(tokens).toEqual(expected);
    expect(cache.ids).toEqual(stepwise.ids);
    expect(cache.planned).toBe(stepwise.planned);
    for (const held of [cache, stepwise]) releaseCache(held);
    await model.release();
  });

  it("hands on the sampler's state as far as it was used", async () => {
    const model = await load(cpu!, stories260K);
    const { session, extended } = model;
    const multiStepSession = await model.multiStepSession!();
    const run = async (steps: readonly number[]): Promise<readonly number[]> => {
      let { cache } = await prefill(session, createCache(cpu!, extended, { length: 64 }), [1, 403], {});
      let state = startSampling(drawn);
      const tokens = [407];
      for (const count of steps) {
        const options = { sampling: drawn, state, stopTokens: [], steps: count };
        const block = await runMultiStep({ session, multiStepSession }, cache, tokens.at(-1)!, options);
        ({ cache, state } = block);
        tokens.push(...block.tokens);
      }
      releaseCache(cache);
      return tokens;
    };
    expect(await run([7, 1, 12])).toEqual(await run([20]));
    await model.release();
  });
});
