/**
 * Logits that are no numbers end a run. What a graph brings back passes through here: rows of logits are looked at, and where it
 * brings back tokens alone, it has looked itself and gives none.
 */
import type { HostTensor } from "@ropewalk/backend";
import { showName } from "@ropewalk/check";
import { noToken, decoderOutputs } from "@ropewalk/decoder";
import type { KeyValueCache } from "../cache/cache.ts";

/** Which of a row's logits, from `offset` on, is none that a token can be chosen by: NaN or Infinity; -1 where all are. */
export const firstNoNumber = (logits: Float32Array, offset: number, vocabSize: number): number => {
  // A sum of numbers is one, or -Infinity where tokens are ruled out.
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
 * Checks what came back for the tokens at `positions`.
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
