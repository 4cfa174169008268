/**
 * A key-value cache of so many tokens, filled with noise instead of by running the model: it lies as a prompt in chunks would
 * have left it, and reading it costs the same.
 */
import { float32, type Tensor } from "@ropewalk/backend";
import { appendToCache, createCache, resetCache, type KeyValueCache, type LanguageModel } from "@ropewalk/generation";
import { noise, tokens } from "@ropewalk/testing/numbers/noise";

/** What of a model is run. */
export type Runnable = Pick<LanguageModel, "backend" | "session" | "extended">;

/** The keys or values [1, numKvHeads, length, headDim] of one output of the graph. */
export type Rows = (output: string) => Tensor;

/** Noise of that length. */
export const noiseRows = ({ extended }: Runnable, length: number, seed?: number): Tensor => {
  const { numKvHeads, headDim } = extended.decoder;
  return float32([1, numKvHeads, length, headDim], noise(numKvHeads * length * headDim, seed));
};

/** The same memory with `length` tokens in it, whatever it held before. */
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
