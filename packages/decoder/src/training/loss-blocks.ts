/**
 * The loss of all rows, a block of rows after another:
 *
 *   L = Σ_blocks Σ_r in the block w_r (-ln p(t_r))
 *
 * A large vocabulary makes logits the largest of all values; where a block's are computed anew on the way back, those of one block are
 * in memory at a time.
 */
import type { Value } from "@ropewalk/graph";
import type { Builder, Decoder } from "../decoder.ts";
import { crossEntropy, narrowTokens } from "./cross-entropy.ts";
import { trainingValues } from "./interface.ts";
import { part } from "./part.ts";

/** Logits of one block, 64 MiB. Each block unpacks weights that are stored in few bits once more. */
const mostLogits = 2 ** 24;

const blockRows = (vocabSize: number): number => Math.max(1, Math.floor(mostLogits / vocabSize));

/** How many blocks so many rows make. */
export const lossBlocks = (rows: number, vocabSize: number): number => Math.ceil(rows / blockRows(vocabSize));

/**
 * @param hidden - [rows, hiddenDim]
 * @param targets - [rows] int64
 * @param weights - [rows]
 * @returns one number; the sums before it have the names of `trainingValues.loss`
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
