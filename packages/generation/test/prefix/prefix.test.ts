/** What is read once: a prefix, what stands behind it, and what becomes of its memory. */
import { dynamicNtk, selfExtend } from "@ropewalk/context-extension";
import { openFolder } from "@ropewalk/models/node";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { beforeAll, describe, expect, it } from "vitest";
import { stories260K } from "@ropewalk/tiny-models";
import {
  loadModel,
  type GenerateOptions,
  type GenerationStats,
  type LanguageModel,
  type Prefix,
  type Prompt,
} from "../../src/index.ts";
import { counted } from "../counted.ts";
import { backends } from "../backends.ts";

const vocabSize = 512;

const idsOf = (length: number): readonly number[] =>
  Array.from({ length }, (_, index) => 3 + ((index * 37 + (index % 7) * 11) % 500));

const tokensOf = async (model: LanguageModel, prompt: Prompt, options: GenerateOptions = {}) => {
  const tokens: number[] = [];
  for await (const token of model.generateTokens(prompt, { maxNewTokens: 8, stopTokens: [], ...options }))
    tokens.push(token);
  return tokens;
};

const textOf = async (model: LanguageModel, prompt: Prompt, options: GenerateOptions = {}) => {
  let text = "";
  for await (const piece of model.generate(prompt, { maxNewTokens: 8, ...options })) text += piece;
  return text;
};

const near = 1e-4;

describe("a prefix", () => {
  const { backend, live } = counted(backends[0]!);
  let model: LanguageModel;
  beforeAll(async () => {
    const extension = selfExtend({ groupSize: 4, window: 64 });
    model = await loadModel(await openFolder(stories260K.url), { backend, extension });
    return () => model.release();
  });

  const ids = idsOf(300);

  it("is read once: what stands behind it gives the tokens and logits of a cold run", async () => {
    const prefix = await model.read(ids.slice(0, 220));
    expect(prefix.ids).toEqual(ids.slice(0, 220));
    const done: GenerationStats[] = [];
    const seen: (readonly [number, number])[] = [];
    const tokens = await tokensOf(model, ids.slice(220), {
      after: prefix,
      onDone: (stats) => done.push(stats),
      onPrefill: (run, all) => seen.push([run, all]),
    });
    expect(tokens).toEqual(await tokensOf(model, ids));
    expect(done[0]).toMatchObject({ promptTokens: 300, cachedTokens: 219 });
    expect(seen.at(-1)).toEqual([81, 81]);
    const cold = await model.logits(ids);
    const behind = await model.logits(ids.slice(220), { after: prefix });
    expect(largestDifference(behind, cold.subarray(219 * vocabSize))).toBeLessThan(near);
    const starts: number[] = [];
    await model.visitLogits(ids.slice(220), (start) => starts.push(start), { after: prefix, chunkSize: 50 });
    expect(starts).toEqual([219, 269]);
    prefix.release();
  });

  it("has logits and a next token where nothing stands behind it", async () => {
    const prefix = await model.read(ids);
    const logits = await model.logits([], { after: prefix });
    expect(largestDifference(logits, (await model.logits(ids)).subarray(-vocabSize))).toBeLessThan(near);
    expect(await tokensOf(model, [], { after: prefix })).toEqual(await tokensOf(model, ids));
    expect(await tokensOf(model, "", { after: prefix })).toEqual(await tokensOf(model, ids));
    prefix.release();
    const one = await model.read([1]);
    expect(await tokensOf(model, ids, { after: one })).toEqual(await tokensOf(model, [1, ...ids]));
    one.release();
  });

  it("is extended, and stays; text behind text has no bos", async () => {
    const story = "Once upon a time there was a little girl.";
    const first = await model.read(story);
    const second = await first.extend(" She had a dog.");
    expect(second.ids).toEqual([...first.ids, ...model.text!.encode(" She had a dog.", { specialTokens: false })]);
    expect(await textOf(model, " He", { after: second })).toBe(
      await textOf(model, [...second.ids, ...model.text!.encode(" He", { specialTokens: false })]),
    );
    expect(await textOf(model, "", { after: first })).toBe(await textOf(model, story));
    // The older one may go first.
    first.release();
    expect(await textOf(model, "", { after: second })).toBe(await textOf(model, second.ids));
    second.release();
  });

  it("takes several runs at once, and may be released while they run", async () => {
    const prefix = await model.read(ids.slice(0, 250));
    const runs = [ids.slice(250), ids.slice(270), [7]].map((question) => ({
      question,
      tokens: [] as number[],
      run: model.generateTokens(question, { after: prefix, maxNewTokens: 8, stopTokens: [] }),
    }));
    for (let step = 0; step < 8; step++) {
      for (const { run, tokens } of runs) tokens.push((await run.next()).value!);
      if (step === 3) prefix.release();
    }
    for (const { run, question, tokens } of runs) {
      await run.return();
      expect(tokens).toEqual(await tokensOf(model, [...ids.slice(0, 250), ...question]));
    }
    expect(live.size).toBe(0);
  });

  it("counts in the capacity, read or behind", async () => {
    const { capacity } = model.extended;
    const prefix = await model.read(ids);
    const room = capacity - ids.length;
    const beyond = `must be at most ${capacity} tokens, the capacity of SelfExtend(groupSize 4, window 64) on a window of 512, got`;
    await expect(tokensOf(model, idsOf(room - 3), { after: prefix, maxNewTokens: 4 })).rejects.toThrow(
      `generate: the run ${beyond} ${capacity + 1}`,
    );
    await expect(model.read(idsOf(capacity + 1))).rejects.toThrow(`read: the run ${beyond} ${capacity + 1}`);
    await expect(prefix.extend(idsOf(room + 2))).rejects.toThrow(`extend: the run ${beyond} ${capacity + 2}`);
    await expect(model.read(ids, { room: capacity })).rejects.toThrow(`read: the run ${beyond} ${capacity + 300}`);
    prefix.release();
    expect(live.size).toBe(0);
  });

  it("of another model or extension, released, or none, is refused", async () => {
    const prefix = await model.read(ids);
    const other = await model.withExtension({});
    const uses: readonly (readonly [string, (after: Prefix, of: LanguageModel) => Promise<unknown>])[] = [
      ["generate", (after, of) => tokensOf(of, [5], { after })],
      ["logits", (after, of) => of.logits([5], { after })],
      ["logits", (after, of) => of.visitLogits([5], () => undefined, { after })],
    ];
    for (const [where, use] of uses) {
      await expect(use(prefix, other)).rejects.toThrow(
        new TypeError(
          `${where}: after must be a prefix that this model read under this extension, got one of stories260K under ` +
            "SelfExtend(groupSize 4, window 64)",
        ),
      );
      await expect(use(ids as never, model)).rejects.toThrow(
        /: after must be a prefix, which read of the model gives, got/,
      );
      const reading = model.read(ids);
      await expect(use(reading as never, model)).rejects.toThrow(/got a Promise; it must be awaited$/);
      (await reading).release();
    }
    prefix.release();
    prefix.release();
    for (const [where, use] of uses)
      await expect(use(prefix, model)).rejects.toThrow(
        new TypeError(`${where}: after must be a prefix that is not released, nor its model, got one that is`),
      );
    await expect(prefix.extend([5])).rejects.toThrow(/^extend: the prefix must be a prefix that is not released/);
  });

  it("says what is wrong with a prompt or an option", async () => {
    await expect(model.read([])).rejects.toThrow("read: ids must hold at least 1 token, got 0");
    await expect(model.read([1, 512])).rejects.toThrow(
      "read: ids must be integers from 0 to 511, the vocabulary, got 512",
    );
    await expect(model.read(ids, { room: -1 })).rejects.toThrow("read: room must be an integer >= 0, got -1");
    await expect(model.read(ids, { rooms: 1 } as never)).rejects.toThrow(TypeError);
    const abort = AbortSignal.abort(new Error("stop"));
    await expect(model.read(ids, { signal: abort })).rejects.toThrow("stop");
  });

  it("ends with its model", async () => {
    const own = counted(backends[0]!);
    const short = await loadModel(await openFolder(stories260K.url), { backend: own.backend });
    const prefix = await short.read(ids);
    expect(own.live.size).toBeGreaterThan(0);
    await short.release();
    expect(own.live.size).toBe(0);
    await expect(tokensOf(short, [5], { after: prefix })).rejects.toThrow(/the model must not be released/);
    await expect(short.read(ids)).rejects.toThrow(/^read: the model must not be released/);
    await expect(prefix.extend([5])).rejects.toThrow(/^extend: the model must not be released/);
    prefix.release();
  });

  it("under frequencies of the length has those of its room; a longer run reads it anew", async () => {
    const ntk = await model.withExtension(dynamicNtk({ factor: 2, originalContext: 128 }));
    const cached = async (prefix: Prefix, question: readonly number[]) => {
      const done: GenerationStats[] = [];
      const tokens = await tokensOf(ntk, question, { after: prefix, onDone: (stats) => done.push(stats) });
      expect(tokens).toEqual(await tokensOf(ntk, [...prefix.ids, ...question]));
      expect(
        largestDifference(
          await ntk.logits(question, { after: prefix }),
          (await ntk.logits([...prefix.ids, ...question])).subarray((prefix.ids.length - 1) * vocabSize),
        ),
      ).toBeLessThan(prefix.cache.planned === prefix.ids.length + question.length ? near : Infinity);
      return done[0]!.cachedTokens;
    };
    const bare = await ntk.read(ids);
    expect(await cached(bare, [5, 6])).toBe(0);
    const roomy = await ntk.read(ids, { room: 10 });
    expect(await cached(roomy, [5, 6])).toBe(299);
    const extended = await roomy.extend([5]);
    expect(extended.cache.planned).toBe(310);
    expect(await cached(extended, [6])).toBe(300);
    for (const prefix of [bare, roomy, extended]) prefix.release();
    expect(live.size).toBe(0);
  });
});
