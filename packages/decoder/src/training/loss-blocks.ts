/**
 * The loss of all rows, one block of rows after another:
 *
 *   L = Σ_blocks Σ_r in the block w_r (-ln p(t_r))
 *
 * With a large vocabulary the logits are the largest of all values. If the backward pass computes them again, only one block's logits
 * are in memory at once.
 */
import type { Value } from "@ropewalk/graph";
import type { Builder, Decoder } from "../decoder.ts";
import { crossEntropy, narrowTokens } from "./cross-entropy.ts";
import { trainingValues } from "./interface.ts";
import { part } from "./part.ts";

/** The most logits of a block, 64 MiB. Not less, because each block unpacks weights stored in a few bits again. */
const mostLogits = 2 ** 24;

const blockRows = (vocabSize: number): number => Math.max(1, Math.floor(mostLogits / vocabSize));

/** The number of blocks for so many rows. */
export const lossBlocks = (rows: number, vocabSize: number): number => Math.ceil(rows / blockRows(vocabSize));

/**
 * @param hidden - [rows, hiddenDim]
 * @param targets - [rows] int64
 * @param weights - [rows]
 * @returns the loss, one number; the partial sums have the names of `trainingValues.loss`
 */
export const recordLoss = (
  { tape, ...builder }: Builder,
  decoder: Decoder,
  hidden: Value,
  targets: Value,
  weights: Value,
): Value => {
  const rows = hidden.dims![0] as number;
  const size = blockRows(decoder.vocabSize);
  const count = lossBlocks(rows, decoder.vocabSize);
  const narrow = count === 1 ? targets : narrowTokens(tape, decoder.vocabSize, targets);
  const lossOf = (block: number): Value => {
    const of = (x: Value): Value => part(tape, x, 0, block * size, Math.min(rows, (block + 1) * size));
    return crossEntropy(tape, decoder.unembed({ tape, ...builder }, of(hidden)), of(narrow), of(weights));
  };
  let sum = lossOf(0);
  for (let block = 1; block < count; block++) {
    const before = tape.op("Identity", [sum], {}, { output: trainingValues.loss(block) });
    sum = tape.op("Add", [before, lossOf(block)]);
  }
  return sum;
};
