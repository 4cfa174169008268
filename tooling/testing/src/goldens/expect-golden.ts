/** A golden case: the last logits, and the most likely token of each place but for near ties, whatever the chunks. */
import { expect } from "vitest";
import type { LanguageModel } from "@ropewalk/generation";
import { largestDifference } from "../numbers/largest-difference.ts";
import { logitsRow } from "../numbers/logits-row.ts";

export type GoldenLogits = {
  readonly inputIds: readonly number[];
  readonly logitsLast: readonly number[];
  readonly argmaxAll: readonly number[];
};

const tolerance = 2e-3;

/** Prefill token by token, in chunks of 7, and in one. */
export const expectGolden = async (
  model: LanguageModel,
  { inputIds, logitsLast, argmaxAll }: GoldenLogits,
): Promise<void> => {
  const { vocabSize } = model.extended.decoder;
  expect(argmaxAll).toHaveLength(inputIds.length);
  for (const chunkSize of [1, 7, inputIds.length]) {
    const logits = await model.logits(inputIds, { chunkSize });
    expect(largestDifference(logitsRow(logits, vocabSize, inputIds.length - 1), logitsLast)).toBeLessThan(tolerance);
    const missed = argmaxAll.map((token, at) => {
      const own = logitsRow(logits, vocabSize, at);
      return Math.max(...own) - own[token]!;
    });
    expect(Math.max(...missed)).toBeLessThan(tolerance);
  }
};
