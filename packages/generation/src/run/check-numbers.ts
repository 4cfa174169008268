/**
 * Ends a run whose logits are not numbers. Rows of logits that a graph brings back are checked here. A graph that brings back tokens has
 * checked its logits itself, and gives no token where they are not numbers.
 */
import type { HostTensor } from "@ropewalk/backend";
import { showName } from "@ropewalk/check";
import { noToken, decoderOutputs } from "@ropewalk/decoder";
import type { KeyValueCache } from "../cache/cache.ts";

/** The index of the first logit of a row, which begins at `offset`, that is NaN or Infinity; -1 where there is none. */
export const firstNoNumber = (logits: Float32Array, offset: number, vocabSize: number): number => {
  // The sum of numbers is a number, or -Infinity where tokens are ruled out.
  let sum = 0;
  for (let at = offset; at < offset + vocabSize; at++) sum += logits[at]!;
  if (sum < Infinity) return -1;
  return logits.subarray(offset, offset + vocabSize).findIndex((logit) => !(logit < Infinity));
};

const refuse = ({ extended }: KeyValueCache, position: number, got: string): never => {
  const name = extended.name === undefined ? "the model" : showName(extended.name);
  throw new RangeError(
    `run: logits of ${name} at position ${position} must be numbers, got ${got}; ` +
      "loadModel with checkWeights names weights that are none",
  );
};

/**
 * Checks the output for the tokens at `positions`.
 *
 * @throws RangeError that names the model and the position
 */
export const checkNumbers = (
  cache: KeyValueCache,
  output: string,
  { data }: HostTensor,
  positions: readonly number[],
): void => {
  if (output !== decoderOutputs.logits) {
    const at = (data as BigInt64Array).indexOf(BigInt(noToken));
    if (at >= 0) refuse(cache, positions[at]!, "NaN or Infinity");
    return;
  }
  const logits = data as Float32Array;
  const { vocabSize } = cache.extended.decoder;
  positions.forEach((position, row) => {
    const token = firstNoNumber(logits, row * vocabSize, vocabSize);
    if (token >= 0) refuse(cache, position, `${logits[row * vocabSize + token]} for token ${token}`);
  });
};
