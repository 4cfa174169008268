/** No buffer of a cache outlives its run, however that ends; and of a cache's values only the last is gone on from. */
import { dynamicNtk, selfExtend, type ContextExtension } from "@ropewalk/context-extension";
import { openFolder } from "@ropewalk/models/node";
import { beforeAll, describe, expect, it } from "vitest";
import {
  appendToCache,
  createCache,
  loadModel,
  prefill,
  releaseCache,
  resetCache,
  runMultiStep,
  runChunk,
  type GenerateOptions,
  type LanguageModel,
  type Prefix,
} from "../../src/index.ts";
import { counted } from "../counted.ts";
import { backends } from "../backends.ts";
import { stories260K } from "@ropewalk/tiny-models";

const [cpu] = backends;

const prompt = (length: number): readonly number[] => Array.from({ length }, (_, index) => 3 + ((index * 37) % 500));

const drain = async (tokens: AsyncIterable<unknown>, most = Infinity): Promise<void> => {
  let done = 0;
  for await (const _ of tokens) if (++done >= most) break;
};

const mine = (): never => {
  throw new Error("mine");
};

/** Aborts when so many tokens are done. */
const abortedAt = <Told extends "onPrefill" | "onProgress">(told: Told, tokens: number) => {
  const controller = new AbortController();
  const at = (done: number): void => {
    if (done >= tokens) controller.abort(new Error("stop"));
  };
  return { signal: controller.signal, [told]: at } as { signal: AbortSignal } & Record<Told, typeof at>;
};

const extensions: Readonly<Record<string, ContextExtension>> = {
  "near and far": selfExtend({ groupSize: 8, window: 64 }),
  "one band": {},
  "frequencies of the length": dynamicNtk({ factor: 2, originalContext: 128 }),
};

/** Questions of so many tokens behind a text and behind what extends it, some of which outlives the other. */
const asked = async (model: LanguageModel, questions: readonly number[]): Promise<void> => {
  const prefixes: Prefix[] = [];
  const beyondCapacity = "allow";
  try {
    prefixes.push(await model.read(prompt(200), { beyondCapacity }));
    prefixes.push(await prefixes[0]!.extend(prompt(40), { beyondCapacity }));
    for (const after of prefixes) {
      for (const length of questions) await drain(run(model, length, { after, chunkSize: 50, maxNewTokens: 3 }));
      after.release();
    }
  } finally {
    for (const prefix of prefixes) prefix.release();
  }
};

const run = (model: LanguageModel, length: number, options: GenerateOptions = {}) =>
  model.generateTokens(prompt(length), { maxNewTokens: 5, stopTokens: [], beyondCapacity: "allow", ...options });

const runs: readonly (readonly [string, (model: LanguageModel) => Promise<unknown>])[] = [
  ["generate to its end", (model) => drain(run(model, 200))],
  ["generate, left after 3", (model) => drain(run(model, 200), 3)],
  [
    "generate, aborted in its prompt",
    (model) => drain(run(model, 200, { chunkSize: 30, ...abortedAt("onPrefill", 100) })),
  ],
  ["generate, aborted at once", (model) => drain(run(model, 200, { signal: AbortSignal.abort(new Error("stop")) }))],
  ["generate, onPrefill throws", (model) => drain(run(model, 200, { chunkSize: 30, onPrefill: mine }))],
  ["generate, onDone throws", (model) => drain(run(model, 30, { onDone: mine }))],
  ["generate, a bad chunkSize", (model) => drain(run(model, 30, { chunkSize: 0 }))],
  ["generate with several steps a run", (model) => drain(run(model, 200, { stepsPerRun: 3 }))],
  ["logits to their end", (model) => model.logits(prompt(200))],
  ["logits, aborted", (model) => model.logits(prompt(200), { chunkSize: 30, ...abortedAt("onProgress", 100) })],
  ["logits, onProgress throws", (model) => model.logits(prompt(200), { chunkSize: 30, onProgress: mine })],
  ["logits, a bad chunkSize", (model) => model.logits(prompt(30), { chunkSize: 0 })],
  ["a prefix, extended, asked and released", (model) => asked(model, [30, 3])],
  ["a prefix, asked until it is laid out anew", (model) => asked(model, [150])],
  ["read, aborted", (model) => model.read(prompt(200), { chunkSize: 30, ...abortedAt("onProgress", 100) })],
  ["read, onProgress throws", (model) => model.read(prompt(200), { chunkSize: 30, onProgress: mine })],
  ["visitLogits, visit throws", (model) => model.visitLogits(prompt(200), mine, { chunkSize: 30 })],
];

describe("buffers", () => {
  const { backend, live, count, failing } = counted(cpu!);
  const models: LanguageModel[] = [];
  beforeAll(async () => {
    const folder = await openFolder(stories260K.url);
    for (const cache of ["float32", "q8"] as const)
      for (const extension of Object.values(extensions))
        models.push(await loadModel(folder, { backend, extension, cache }));
    return async () => {
      for (const model of models) await model.release();
    };
  });

  it.each(runs)("%s: none is left, and none is given back twice", async (_, each) => {
    for (const model of models) {
      await each(model).catch(() => undefined);
      expect({ left: live.size, twice: count.releasedTwice }).toEqual({ left: 0, twice: 0 });
    }
  });

  it.each(["allocation", "run"] as const)("none is left, whichever %s fails", async (what) => {
    const counter = what === "allocation" ? "allocations" : "runs";
    for (const model of models) {
      const whole = async () => {
        await drain(run(model, 100, { chunkSize: 30, maxNewTokens: 3 }));
        await asked(model, [30, 150]);
      };
      const before = count[counter];
      await whole();
      const needed = count[counter] - before;
      const step = Math.max(1, Math.floor(needed / 12));
      for (let at = 1; at <= needed; at += step) {
        failing[what] = count[counter] + at;
        await expect(whole()).rejects.toThrow(/no (memory|run)/);
        failing[what] = Infinity;
        expect({ at, left: live.size, twice: count.releasedTwice }).toEqual({ at, left: 0, twice: 0 });
      }
    }
  });
});

describe("values of a cache", () => {
  let model: LanguageModel;
  beforeAll(async () => {
    model = await loadModel(await openFolder(stories260K.url), {
      backend: cpu!,
      extension: extensions["near and far"]!,
    });
    return () => model.release();
  });

  const started = async () => {
    const { session, extended } = model;
    return prefill(session, createCache(cpu!, extended, { length: 100 }), prompt(90));
  };

  it("a copy with another length, and an older value, are refused by every run", async () => {
    const { session, multiStepSession } = model;
    const { cache } = await started();
    const back = { ...cache, length: 40, ids: cache.ids.slice(0, 40) };
    const { cache: later } = await runChunk(session, cache, [5], [0]);
    const sessions = { session, multiStepSession: await multiStepSession!() };
    const options = { sampling: { kind: "greedy" }, state: [], stopTokens: [], steps: 2 } as const;
    for (const wrong of [back, cache])
      for (const [name, each] of Object.entries({
        runChunk: () => runChunk(session, wrong, [5], [0]),
        prefill: () => prefill(session, wrong, [5]),
        runMultiStep: () => runMultiStep(sessions, wrong, 5, options),
        appendToCache: async () => appendToCache(wrong, [5], {}),
        resetCache: async () => resetCache(wrong),
      }))
        await expect(each(), name).rejects.toThrow(
          new TypeError(
            `${name}: cache must be the value that createCache or the last run gave, got an older one or a copy: ` +
              "rows are overwritten in place, so that a cache cannot go back",
          ),
        );
    // None of it has harmed the last one.
    const { logits } = await runChunk(session, later, [7], [0]);
    const fresh = await prefill(session, createCache(cpu!, model.extended, { length: 100 }), [...prompt(90), 5, 7]);
    logits.forEach((x, at) => expect(x).toBeCloseTo(fresh.logits[at]!, 4));
  });

  it("two runs at once on one cache, a cache that is none, and one that is released are refused", async () => {
    const { session } = model;
    const { cache } = await started();
    const [first, second] = await Promise.allSettled([1, 2].map((id) => runChunk(session, cache, [id], [0])));
    expect(first!.status).toBe("fulfilled");
    expect(String((second as PromiseRejectedResult).reason)).toMatch(/got one that another run is under way with$/);
    await expect(prefill(session, undefined as never, [5])).rejects.toThrow(/^prefill: cache must be .*, got nothing$/);
    const { cache: latest } = (first as PromiseFulfilledResult<Awaited<ReturnType<typeof runChunk>>>).value;
    releaseCache(latest);
    releaseCache(cache);
    await expect(runChunk(session, latest, [5], [0])).rejects.toThrow(/got one that is released$/);
  });

  it("a run that fails before it writes leaves the cache as it was", async () => {
    const { session } = model;
    const { cache } = await started();
    await expect(runChunk(session, cache, [5], [7])).rejects.toThrow();
    const { logits } = await runChunk(session, cache, [5], [0]);
    expect(logits.every(Number.isFinite)).toBe(true);
    expect(resetCache((await prefill(session, resetCache((await started()).cache), [5])).cache).length).toBe(0);
  });
});
