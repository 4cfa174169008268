/**
 * A key-value cache that is filled with noise instead of by running the model. It lies in memory as a prompt read in chunks would leave
 * it, so that reading it costs the same.
 */
import { float32, type Tensor } from "@ropewalk/backend";
import { appendToCache, createCache, resetCache, type KeyValueCache, type LanguageModel } from "@ropewalk/generation";
import { noise, tokens } from "@ropewalk/testing/numbers/noise";

/** The parts of a model that a run needs. */
export type Runnable = Pick<LanguageModel, "backend" | "session" | "extended">;

/** The keys or values [1, numKvHeads, length, headDim] of one output of the graph. */
export type Rows = (output: string) => Tensor;

/** Keys or values of `length` tokens, of noise. */
export const noiseRows = ({ extended }: Runnable, length: number, seed?: number): Tensor => {
  const { numKvHeads, headDim } = extended.decoder;
  return float32([1, numKvHeads, length, headDim], noise(numKvHeads * length * headDim, seed));
};

/** The cache with its contents replaced by `length` tokens. */
export const refill = (cache: KeyValueCache, length: number, rows: Rows): KeyValueCache =>
  appendToCache(
    resetCache(cache),
    tokens(cache.extended.decoder.vocabSize, length),
    Object.fromEntries(cache.appended.map((output) => [output, rows(output)])),
  );

/** A cache of `length` tokens with room for `room` more. */
export const filledCache = (
  model: Runnable,
  { length, room }: { readonly length: number; readonly room: number },
): KeyValueCache => {
  const rows = noiseRows(model, length);
  return refill(createCache(model.backend, model.extended, { length: length + room }), length, () => rows);
};
