/** The inputs of a training graph besides ids and weights: rotations, scales and masks for a length, and the targets. */
import { check, checkInteger } from "@ropewalk/check";
import { maskedScore } from "../chunk/chunk-masks.ts";
import { chunkNumbers, type Numbers } from "../chunk/chunk-numbers.ts";
import { coveredKeys } from "../chunk/covered-keys.ts";
import { frequenciesFor } from "@ropewalk/context-extension";
import type { ExtendedDecoder } from "../extend-decoder.ts";
import { bandMask } from "./interface.ts";

/** A label that is not learned. */
export const ignoredLabel = -100;

/**
 * Rotations, query scales and band masks of sequences of `seqLen` tokens, all from position 0 on.
 *
 * @param context - the length that frequencies are computed for, where they depend on a length; absent: `seqLen`
 */
export const trainingNumbers = (
  extended: ExtendedDecoder,
  seqLen: number,
  context: number = seqLen,
): Readonly<Record<string, Numbers>> => {
  checkInteger("trainingNumbers", "seqLen", seqLen, 1);
  checkInteger("trainingNumbers", "context", context, seqLen);
  const masks = extended.groups.flatMap(({ positions: { bands } }, group) =>
    bands.map((covering, band) => {
      const data = new Float32Array(seqLen * seqLen).fill(maskedScore);
      for (let i = 0; i < seqLen; i++)
        for (const { from, to } of coveredKeys(covering, i)) data.fill(0, i * seqLen + from, i * seqLen + to);
      return [bandMask(group, band), { dims: [seqLen, seqLen], data }] as const;
    }),
  );
  const chunk = chunkNumbers(extended, frequenciesFor(extended, context), { start: 0, length: seqLen });
  return { ...chunk, ...Object.fromEntries(masks) };
};

export type Targets = {
  readonly targets: BigInt64Array;
  readonly weights: Float32Array;
  /** How many tokens are learned. */
  readonly count: number;
};

/**
 * Targets and their weights: the logits of token t are scored against label t + 1 of the same sequence. Labels of -100 are not learned.
 *
 * @param labels - one row for each sequence, all of the same length
 * @param total - what the sum of the losses is divided by; absent: the number of learned tokens, which gives the mean
 * @throws RangeError when sequences differ in length, a label is neither -100 nor an integer of at least 0, or nothing is learned
 */
export const trainingTargets = (labels: readonly (readonly number[])[], total?: number): Targets => {
  const seqLen = labels[0]?.length ?? 0;
  const targets = new BigInt64Array(labels.length * seqLen);
  const learned = new Uint8Array(targets.length);
  let count = 0;
  labels.forEach((row, sequence) => {
    check(row.length === seqLen, `trainingTargets: labels[${sequence}] must have ${seqLen} tokens`, row.length);
    for (let t = 0; t + 1 < seqLen; t++) {
      const label = row[t + 1]!;
      if (label === ignoredLabel) continue;
      checkInteger("trainingTargets", `labels[${sequence}][${t + 1}]`, label, 0);
      targets[sequence * seqLen + t] = BigInt(label);
      learned[sequence * seqLen + t] = 1;
      count += 1;
    }
  });
  check(count > 0, "trainingTargets: labels must have a token to learn behind the first", "none");
  return { targets, count, weights: Float32Array.from(learned, (yes) => yes / (total ?? count)) };
};
