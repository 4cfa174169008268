/** How widely a model's queries look, by layer and position. Entropy-ABF's paper compares this before and after tuning. */
import { check } from "@ropewalk/check";
import type { LanguageModel } from "@ropewalk/generation";
import { checkTokens } from "./samples/check-tokens.ts";

/**
 * The entropy of attention in nats, averaged over heads and samples: one row for each layer, one number for each position.
 *
 * @param samples - texts as tokens, all of the same length
 * @throws RangeError for samples that differ in length, and for tokens outside the vocabulary
 */
export const attentionEntropy = async (
  model: Pick<LanguageModel, "attentions" | "extended">,
  samples: readonly (readonly number[])[],
): Promise<readonly Float64Array[]> => {
  const where = "attentionEntropy";
  const { numLayers, numHeads, vocabSize } = model.extended.decoder;
  check(samples.length > 0, `${where}: samples must be at least one, of at least one token`, samples.length);
  for (const [at, ids] of samples.entries())
    check(ids?.length > 0, `${where}: samples[${at}] must be token ids, at least one`, ids, "object");
  const seqLen = samples[0]!.length;
  for (const [at, { length }] of samples.entries())
    check(length === seqLen, `${where}: samples[${at}] must have ${seqLen} tokens, as the first`, length);
  checkTokens(
    where,
    "samples",
    samples.map((ids) => ({ ids })),
    vocabSize,
  );
  const sums = Array.from({ length: numLayers }, () => new Float64Array(seqLen));
  for (const ids of samples)
    for (const { layer, data } of await model.attentions(ids, { what: "entropies" }))
      data.forEach((entropy, at) => void (sums[layer]![at % seqLen]! += entropy / (numHeads * samples.length)));
  return sums;
};
