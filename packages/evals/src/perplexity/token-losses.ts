/**
 * How well a model predicts each token from those before it.
 *
 *   loss(p) = -ln softmax(logits[p])[ids[p + 1]] = ln Σ_v exp(logits[p, v]) - logits[p, ids[p + 1]]     in nats
 */
import { checkKeys } from "@ropewalk/check";
import type { LanguageModel, ChunkOptions } from "@ropewalk/generation";

/** What losses are measured on: a loaded model is one. */
export type LossModel = Pick<LanguageModel, "visitLogits" | "extended"> &
  Partial<Pick<LanguageModel, "visitBatchLogits">>;

/** -ln softmax(logits)[target], in float64. */
export const lossOf = (logits: Float32Array, target: number): number => {
  let max = -Infinity;
  for (const logit of logits) max = Math.max(max, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - max);
  return max + Math.log(sum) - logits[target]!;
};

const checkText = (ids: readonly number[], vocabSize: number): void => {
  if (ids.length < 2) throw new RangeError(`tokenLosses: ids must hold at least 2 tokens, got ${ids.length}`);
  // The model checks all other ids.
  const last = ids.at(-1)!;
  if (!Number.isInteger(last) || last < 0 || last >= vocabSize)
    throw new RangeError(
      `tokenLosses: ids must be integers from 0 to ${vocabSize - 1}, the vocabulary, got ${last} at index ${ids.length - 1}`,
    );
};

/** Runs the texts, several of them together, and visits the logits of each. */
const visitTexts = (
  model: LossModel,
  texts: readonly (readonly number[])[],
  visit: (start: number, logits: readonly Float32Array[]) => void,
  options: ChunkOptions,
): Promise<void> => {
  if (texts.length === 1) return model.visitLogits(texts[0]!, (start, logits) => void visit(start, [logits]), options);
  if (model.visitBatchLogits === undefined)
    throw new TypeError(
      `tokenLosses: texts must be one where a model cannot run several together, got ${texts.length}`,
    );
  return model.visitBatchLogits(texts, visit, options);
};

/** {@link tokenLosses} of several texts of one length, run together where there is more than one. */
export const tokenLossesOfEach = async (
  model: LossModel,
  texts: readonly (readonly number[])[],
  options: ChunkOptions = {},
): Promise<readonly Float64Array[]> => {
  checkKeys("tokenLosses", "options", options, { chunkSize: true, signal: true, onProgress: true });
  const { vocabSize } = model.extended.decoder;
  for (const ids of texts) checkText(ids, vocabSize);
  const losses = texts.map((ids) => new Float64Array(ids.length - 1));
  const visit = (start: number, all: readonly Float32Array[]): void =>
    all.forEach((logits, text) => {
      const ids = texts[text]!;
      for (let row = 0; row < logits.length / vocabSize; row++)
        losses[text]![start + row] = lossOf(
          logits.subarray(row * vocabSize, (row + 1) * vocabSize),
          ids[start + row + 1]!,
        );
    });
  const before = texts.map((ids) => ids.slice(0, -1));
  await visitTexts(model, before, visit, options);
  return losses;
};

/**
 * The loss of every token but the first, [ids.length - 1] in nats: at p that of ids[p + 1], whatever the capacity. Logits are
 * read chunk by chunk and never kept.
 *
 * @throws RangeError when there are fewer than 2 ids, one is outside the vocabulary, or `chunkSize` is not a positive integer;
 *   whatever the signal was aborted with
 */
export const tokenLosses = async (
  model: LossModel,
  ids: readonly number[],
  options: ChunkOptions = {},
): Promise<Float64Array> => (await tokenLossesOfEach(model, [ids], options))[0]!;
