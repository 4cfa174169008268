import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { extensionOf, storiesExtensions } from "@ropewalk/testing/goldens/golden-cases";
import { passkeyGolden, storiesGolden } from "@ropewalk/testing/goldens/tiny-models";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { logitsRow } from "@ropewalk/testing/numbers/logits-row";
import { readRepositoryJson, readRepositoryText } from "@ropewalk/testing/repository";
import { tinyModelGoldens } from "@ropewalk/testing/vectors";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { argmax, type LanguageModel } from "../../src/index.ts";
import { backends, load } from "../backends.ts";

const tolerance = 2e-3;

describe.each(backends)("on $name", (backend) => {
  const chunkRuns = backend.name === "cpu" ? 12 : 3;

  describe("passkey-875k, against plain loops in float64", () => {
    let plain: LanguageModel;
    beforeAll(async () => void (plain = await load(backend, passkey875k)));
    afterAll(() => plain.release());

    const cases = passkeyGolden.map((golden) => ({
      golden,
      name: `${golden.length} tokens, ${JSON.stringify(golden.method)}`,
    }));
    it.each(cases)("$name, whatever the chunk size", async ({ golden }) => {
      const model = await plain.withExtension(extensionOf(golden.method));
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: golden.length }), async (chunkSize) => {
          const logits = await model.logits(golden.inputIds, { chunkSize });
          const { vocabSize } = model.extended.decoder;
          expect(largestDifference(logitsRow(logits, vocabSize, golden.length - 1), golden.logitsLast)).toBeLessThan(
            tolerance,
          );
          expect(largestDifference(logitsRow(logits, vocabSize, golden.midIndex), golden.logitsMid)).toBeLessThan(
            tolerance,
          );
        }),
        // The two ends always: token by token, and as much at once as can be.
        { numRuns: chunkRuns, examples: [[1], [golden.length]] },
      );
    });

    it("generates the hidden keys beyond the trained window", async () => {
      for (const { method, inputIds, answerIds } of passkeyGolden.filter(
        (golden) => golden.method.groupSize !== null,
      )) {
        const model = await plain.withExtension(extensionOf(method));
        const tokens: number[] = [];
        for await (const token of model.generateTokens(inputIds, { maxNewTokens: 5 })) tokens.push(token);
        expect(tokens).toEqual(answerIds);
      }
    });
  });

  describe("stories260K, against an independent implementation in float64", () => {
    let plain: LanguageModel;
    beforeAll(async () => void (plain = await load(backend, stories260K)));
    afterAll(() => plain.release());

    it.each(Object.keys(storiesGolden.cases))("%s: logits, losses and most likely tokens", async (name) => {
      const golden = storiesGolden.cases[name]!;
      const model = await plain.withExtension(storiesExtensions[name]!);
      const { vocabSize } = model.extended.decoder;
      const ids = storiesGolden.ids.slice(0, -1);
      const logits = await model.logits(ids, { chunkSize: 200 });
      expect(largestDifference(logitsRow(logits, vocabSize, ids.length - 1), golden.logits_last)).toBeLessThan(
        tolerance,
      );
      expect(largestDifference(logitsRow(logits, vocabSize, 600), golden.logits_600)).toBeLessThan(tolerance);
      ids.forEach((_, position) => {
        const own = logitsRow(logits, vocabSize, position);
        const max = own.reduce((largest, value) => Math.max(largest, value), -Infinity);
        const logSumExp = max + Math.log(own.reduce((sum, value) => sum + Math.exp(value - max), 0));
        const loss = logSumExp - own[storiesGolden.ids[position + 1]!]!;
        expect(Math.abs(loss - golden.nll[position]!)).toBeLessThan(tolerance);
        const best = argmax(logits, position * vocabSize, vocabSize);
        if (best !== golden.argmax[position])
          expect(own[best]! - own[golden.argmax[position]!]!).toBeLessThan(tolerance);
      });
    });

    it("tells llama2.c's own story, to the byte", async () => {
      let text = "";
      for await (const piece of plain.generate([1], { maxNewTokens: 200 })) text += piece;
      expect(text).toBe(readRepositoryText(`${tinyModelGoldens}/stories260K/expected-greedy.txt`).trimEnd());
      const expected = readRepositoryJson<{ readonly ids: readonly number[] }>(
        `${tinyModelGoldens}/stories260K/expected-greedy-ids.json`,
      );
      const tokens: number[] = [];
      for await (const token of plain.generateTokens([1], { maxNewTokens: 200 })) tokens.push(token);
      expect([1, ...tokens].slice(0, expected.ids.length)).toEqual(expected.ids);
    });
  });
});
