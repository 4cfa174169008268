/**
 * Loss by position: how well a model predicts the next token, by how much text it has read.
 *
 *   bucket [from, to)   the mean of loss(p) over from ≤ p < to in every window: p = 0 has read 1 token, p predicts token p + 1
 *   perplexity          exp(mean loss)
 */
import { checkKeys, optional, whole, type Keys } from "@ropewalk/check";
import type { ChunkOptions } from "@ropewalk/generation";
import { tokenLosses, type LossModel } from "./token-losses.ts";
import { checkTokens, firstScored, type Windows } from "./windows.ts";

export type MeanLoss = {
  /** Nats per token; NaN where nothing is scored. */
  readonly loss: number;
  /** How many tokens are scored. */
  readonly tokens: number;
};

/** Predictions made at positions from `from` to `to - 1`. */
export type PerplexityBucket = MeanLoss & { readonly from: number; readonly to: number };

/** Of all positions together, and by position. */
export type Perplexity = MeanLoss & { readonly buckets: readonly PerplexityBucket[] };

export type PerplexityOptions = Windows &
  ChunkOptions & {
    /** Positions of one bucket; the last may have fewer. Default 512. */
    readonly bucket?: number | undefined;
    /** Windows that are left out before the first, for a part of what a longer run would score. Default 0. */
    readonly skip?: number | undefined;
    /** Tokens that are not scored as targets. Default none. */
    readonly masked?: readonly number[] | undefined;
  };

const keys: Keys<PerplexityOptions> = {
  ...{
    length: true,
    windows: true,
    stride: true,
    skip: optional(whole),
    bucket: true,
    masked: true,
    onProgress: true,
    chunkSize: true,
    signal: true,
  },
};

const meanOf = (losses: readonly number[]): MeanLoss => ({
  loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
  tokens: losses.length,
});

/**
 * The mean loss by position, beyond the capacity if need be. A window of `length` tokens makes `length` predictions: the last
 * one's target is the token behind it. Nothing is carried from one window into the next. With a `stride` below the length windows
 * overlap, and each token is scored once, by the first window that predicts it.
 *
 * @param options - `onProgress` is called after each chunk with the tokens done and the tokens of all windows
 * @throws RangeError when there are fewer ids than the windows take, one is outside the vocabulary, or a number is out of
 *   range; whatever the signal was aborted with
 */
export const perplexity = async (
  model: LossModel,
  ids: readonly number[],
  options: PerplexityOptions,
): Promise<Perplexity> => {
  checkKeys("perplexity", "options", options, keys);
  const { length, windows, stride = length, skip = 0, bucket = 512, masked = [], onProgress, ...run } = options;
  checkTokens("perplexity", ids.length, { length, windows: windows + skip, stride });
  if (!Number.isInteger(bucket) || bucket < 1)
    throw new RangeError(`perplexity: bucket must be a positive integer, got ${bucket}`);
  const scored: number[][] = Array.from({ length: Math.ceil(length / bucket) }, () => []);
  for (let window = 0; window < windows; window++) {
    const first = (skip + window) * stride;
    const from = firstScored({ length, windows, stride }, skip + window);
    const losses = await tokenLosses(model, ids.slice(first, first + length + 1), {
      ...run,
      onProgress: (done) => onProgress?.(window * length + done, length * windows),
    });
    losses.forEach((loss, position) => {
      if (position >= from && !masked.includes(ids[first + position + 1]!))
        scored[Math.floor(position / bucket)]!.push(loss);
    });
  }
  const buckets = scored.map((losses, index) => ({
    from: index * bucket,
    to: Math.min((index + 1) * bucket, length),
    ...meanOf(losses),
  }));
  return { ...meanOf(scored.flat()), buckets };
};
