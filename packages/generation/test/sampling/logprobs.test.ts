/** Log-probabilities, and masks: what the logits of the whole text say. */
import { describe, expect, it } from "vitest";
import {
  isContextLengthExceeded,
  type GeneratedToken,
  type GenerateOptions,
  type History,
  type LanguageModel,
} from "../../src/index.ts";
import { logprobsOf } from "../../src/sampling/logprobs.ts";
import { backends, load } from "../backends.ts";
import { stories260K } from "@ropewalk/tiny-models";

it("are those of a hand-derived row", () => {
  // p = 1/16, 2/16, 4/16, 1/16, 8/16
  const logits = Float32Array.from([1, 2, 4, 1, 8], (weight) => Math.log(weight) + 50);
  const { logprob, top } = logprobsOf(logits, 1, 3);
  expect(logprob).toBeCloseTo(Math.log(2 / 16), 5);
  expect(top.map(({ token }) => token)).toEqual([4, 2, 1]);
  [8, 4, 2].forEach((weight, rank) => expect(top[rank]!.logprob).toBeCloseTo(Math.log(weight / 16), 5));
  expect(logprobsOf(logits, 3, 9).top.map(({ token }) => token)).toEqual([4, 2, 1, 0, 3]);
  expect(logprobsOf(Float32Array.of(0, -Infinity), 1, 0)).toEqual({ logprob: -Infinity, top: [] });
});

describe.each(backends)("on $name", (backend) => {
  const told = async (model: LanguageModel, options: GenerateOptions) => {
    const tokens: GeneratedToken[] = [];
    const onToken = (token: GeneratedToken): void => void tokens.push(token);
    const given: number[] = [];
    for await (const token of model.generateTokens("Once", { maxNewTokens: 12, stopTokens: [], onToken, ...options }))
      given.push(token);
    expect(tokens.map(({ token }) => token)).toEqual(given);
    return tokens;
  };

  it("tells what the logits of the whole text say, whatever changes them, and picks the same tokens", async () => {
    const model = await load(backend, stories260K);
    const prompt = model.text!.encode("Once");
    const { vocabSize } = model.extended.decoder;
    for (const sampling of [
      { kind: "greedy" },
      { kind: "greedy", repetitionPenalty: 1.5 },
      { kind: "sample", temperature: 2, topK: 5, seed: 3 },
    ] as const) {
      const tokens = await told(model, { sampling, logprobs: 4 });
      expect(tokens.map(({ token }) => ({ token }))).toEqual(await told(model, { sampling }));
      const ids = tokens.map(({ token }) => token);
      const logits = await model.logits([...prompt, ...ids.slice(0, -1)]);
      tokens.forEach(({ token, logprob, top }, at) => {
        const row = logits.subarray((prompt.length - 1 + at) * vocabSize, (prompt.length + at) * vocabSize);
        const sum = row.reduce((total, logit) => total + Math.exp(logit), 0);
        const expected = (each: number): number => row[each]! - Math.log(sum);
        expect(logprob).toBeCloseTo(expected(token), 3);
        expect(top!.map((each) => each.logprob)).toEqual(top!.map((each) => each.logprob).toSorted((a, b) => b - a));
        for (const each of top!) expect(each.logprob).toBeCloseTo(expected(each.token), 3);
        expect(Math.max(...row)).toBeCloseTo(row[top![0]!.token]!, 3);
      });
    }
    expect((await told(model, { logprobs: 0 }))[0]!.top).toEqual([]);
    await expect(told(model, { logprobs: 1, stepsPerRun: 2 })).rejects.toThrow(
      "generate: stepsPerRun must be 1 with logprobs, which a run of several steps does not have, got 2",
    );
    await model.release();
  });

  it("a mask rules tokens out, behind what came", async () => {
    const model = await load(backend, stories260K);
    const seen: History[] = [];
    // Even tokens behind odd ones, and the other way round.
    const mask = (logits: Float32Array, { prompt, added }: History): void => {
      seen.push({ prompt, added: [...added] });
      const last = added.at(-1) ?? prompt.at(-1)!;
      for (let token = 0; token < logits.length; token++) if (token % 2 === last % 2) logits[token] = -Infinity;
    };
    const tokens = (await told(model, { mask })).map(({ token }) => token);
    const prompt = model.text!.encode("Once");
    [...prompt.slice(-1), ...tokens].reduce((before, token) => {
      expect(token % 2).not.toBe(before % 2);
      return token;
    });
    expect(seen).toEqual(tokens.map((_, at) => ({ prompt, added: tokens.slice(0, at) })));
    await expect(told(model, { mask: (logits) => void logits.fill(-Infinity) })).rejects.toThrow(
      "sample: at least one token must not be ruled out",
    );
    // One that tells instead of ruling out would rule out nothing.
    for (const gives of [true, null, new Float32Array(3), Promise.resolve([1])])
      await expect(told(model, { mask: () => gives as unknown as void })).rejects.toThrow(
        "generate: mask must give nothing, or a promise of it, for it changes the logits that it is given, got ",
      );
    await model.release();
  });
});

it("a run that does not fit is told by its code and both numbers", async () => {
  const model = await load(backends[0]!, stories260K);
  const ids = Array.from({ length: 600 }, () => 5);
  for (const fails of [
    () => model.generateTokens(ids, { maxNewTokens: 8 }).next(),
    () => model.read(ids, { room: 8 }),
  ]) {
    const error: unknown = await fails().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ code: "context_length_exceeded", capacity: 512, length: 608 });
    expect(isContextLengthExceeded(error)).toBe(true);
  }
  const other: unknown = await model
    .generateTokens([-1])
    .next()
    .catch((thrown: unknown) => thrown);
  expect(isContextLengthExceeded(other)).toBe(false);
  expect(isContextLengthExceeded({ code: "context_length_exceeded" })).toBe(false);
  await model.release();
});
