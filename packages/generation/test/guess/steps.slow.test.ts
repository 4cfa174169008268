/** Guess and check with a source that knows what comes and lies about it now and then: the tokens and the cache of step by step. */
import { openFolder } from "@ropewalk/models/node";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { logitsRow } from "@ropewalk/testing/numbers/logits-row";
import { inRepository } from "@ropewalk/testing/repository";
import { tinyCheckpoints } from "@ropewalk/testing/vectors";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stories260K } from "@ropewalk/tiny-models";
import { createCache, releaseCache, type KeyValueCache } from "../../src/cache/cache.ts";
import type { GuessSource } from "../../src/guess/guess-source.ts";
import { guessedSteps } from "../../src/guess/guessed-steps.ts";
import { loadModel, runChunk, startSampling, type LanguageModel, type Sampling } from "../../src/index.ts";
import { pickingBy } from "../../src/sampling/next-token.ts";
import { prefillRows } from "../../src/run/chunk-rows.ts";
import { backends } from "../backends.ts";
import { drawn, greedy, layouts, take } from "./cases.ts";

const tiny = inRepository(`${tinyCheckpoints}/llama/`);
const prompt = Array.from({ length: 12 }, (_, index) => 3 + ((index * 37) % 120));
const newTokens = 150;

/** Of each guess as many tokens are right as its number says; those behind are others. */
const liar = (truth: readonly number[], rights: readonly number[]): GuessSource => {
  let calls = 0;
  return {
    isCheap: rights.length % 2 === 0,
    guess: (ids, count) => {
      const right = rights[calls++ % rights.length]!;
      return truth
        .slice(ids.length, ids.length + count)
        .map((token, index) => (index < right ? token : token - (token === 0 ? -1 : 1)));
    },
    release: () => {},
  };
};

type Run = { readonly most: number; readonly rights: readonly number[]; readonly length: number };

const guessedRun = async (
  { backend, session, extended }: LanguageModel,
  truth: readonly number[],
  sampling: Sampling,
  { most, rights, length }: Run,
): Promise<{ readonly text: readonly number[]; readonly cache: KeyValueCache; readonly right: number }> => {
  const picking = pickingBy({ sampling });
  const plan = { length: prompt.length + newTokens };
  const ran = await prefillRows(session, createCache(backend, extended, plan), prompt, picking.output);
  const started = startSampling(sampling, extended.decoder.vocabSize);
  const first = await picking.pick(started, ran.rows, { prompt, added: [] });
  let at = { state: first.state, cache: ran.cache };
  const added = [first.token];
  const source = liar(truth, rights);
  const { decode, stats } = guessedSteps(session, picking, { source, most, stops: new Set() });
  while (added.length < length) {
    const { picked, ...next } = await decode({ prompt, added }, at, length - added.length);
    added.push(...picked.map(({ token }) => token));
    at = next;
  }
  return { text: [...prompt, ...added], cache: at.cache, right: stats().right };
};

/** Compares what guessing gives, and the next token's logits behind what it leaves, with step by step. */
const compare = async (model: LanguageModel, sampling: Sampling, runs: number, tolerance = 1e-4): Promise<void> => {
  const { vocabSize } = model.extended.decoder;
  const { tokens } = await take(model, prompt, { sampling, maxNewTokens: newTokens, stepsPerRun: 1 });
  const truth = [...prompt, ...tokens];
  const stepwise = await model.logits(truth, { chunkSize: 1 });
  const run = fc.record({
    most: fc.integer({ min: 1, max: 12 }),
    rights: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 6 }),
    length: fc.constantFrom(2, 3, 60, newTokens),
  });
  const property = fc.asyncProperty(run, async (given) => {
    const found = await guessedRun(model, truth, sampling, given);
    expect(found.text).toEqual(truth.slice(0, prompt.length + given.length));
    expect(found.cache.ids).toEqual(found.text.slice(0, -1));
    const { logits } = await runChunk(model.session, found.cache, found.text.slice(-1), [0]);
    const wanted = logitsRow(stepwise, vocabSize, found.text.length - 1);
    expect(largestDifference(logits, wanted)).toBeLessThan(tolerance);
    releaseCache(found.cache);
  });
  const example = { most: 8, rights: [12, 3, 0], length: newTokens };
  await fc.assert(property, { numRuns: 1 + runs, examples: [[example]], endOnFailure: true });
};

describe.each(backends)("on $name", (backend) => {
  let model: LanguageModel;
  beforeAll(async () => void (model = await loadModel(await openFolder(tiny), { backend })));
  afterAll(() => model.release());

  it.each(Object.entries(layouts))("%s: the tokens of step by step, and what they leave", async (_, extension) => {
    const extended = await model.withExtension(extension);
    await compare(extended, greedy, backend.name === "cpu" ? 1 : 0);
    if (backend.name === "cpu") await compare(extended, drawn, 0);
  });
});

// Each row of a guess is rounded by itself, as a step's: a key that falls on the border between two of 255 steps alone may tell them apart.
it.each(["plain", "SelfExtend", "dual chunks"])("a cache in 8 bits, %s: the tokens of step by step", async (name) => {
  const model = await loadModel(await openFolder(stories260K.url), { backend: backends[0]!, cache: "q8" });
  const extended = await model.withExtension(layouts[name]!);
  await compare(extended, greedy, 0, 1e-3);
  await model.release();
});
