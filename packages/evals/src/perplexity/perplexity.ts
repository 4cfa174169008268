/**
 * Loss by position: how well a model predicts the next token after how much text.
 *
 *   bucket [from, to)   the mean of loss(p) over from ≤ p < to in every window: p = 0 has read 1 token, p predicts token p + 1
 *   perplexity          exp(mean loss)
 */
import { checkKeys, optional, positive, whole, type Keys } from "@ropewalk/check";
import type { ChunkOptions } from "@ropewalk/generation";
import { tokenLossesOfEach, type LossModel } from "./token-losses.ts";
import { checkTokens, firstScored, type Windows } from "./windows.ts";

export type MeanLoss = {
  /** Nats per token; NaN where nothing is scored. */
  readonly loss: number;
  /** How many tokens are scored. */
  readonly tokens: number;
};

/** Predictions made at positions from `from` to `to - 1`. */
export type PerplexityBucket = MeanLoss & { readonly from: number; readonly to: number };

/** The mean loss of all positions together, and by position. */
export type Perplexity = MeanLoss & { readonly buckets: readonly PerplexityBucket[] };

export type PerplexityOptions = Windows &
  ChunkOptions & {
    /** Positions of one bucket; the last may have fewer. Default 512. */
    readonly bucket?: number | undefined;
    /** The most windows that are run together, if the model can. Default 1. It helps where chunks are small, as under a small window. */
    readonly batch?: number | undefined;
    /** Windows to skip at the beginning, so that a measurement can be split into parts. Default 0. */
    readonly skip?: number | undefined;
    /** Tokens that are not scored as targets. Default none. */
    readonly masked?: readonly number[] | undefined;
  };

const keys: Keys<PerplexityOptions> = {
  length: true,
  windows: true,
  stride: true,
  batch: optional(positive),
  skip: optional(whole),
  bucket: true,
  masked: true,
  onProgress: true,
  chunkSize: true,
  signal: true,
};

const meanOf = (losses: readonly number[]): MeanLoss => ({
  loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
  tokens: losses.length,
});

/**
 * The mean loss by position. Lengths beyond the capacity are allowed. A window of `length` tokens makes `length` predictions: the last
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
  const { length, windows, stride = length, batch = 1, skip = 0, ...others } = options;
  const { bucket = 512, masked = [], onProgress, ...run } = others;
  checkTokens("perplexity", ids.length, { length, windows: windows + skip, stride });
  if (!Number.isInteger(bucket) || bucket < 1)
    throw new RangeError(`perplexity: bucket must be a positive integer, got ${bucket}`);
  const scored: number[][] = Array.from({ length: Math.ceil(length / bucket) }, () => []);
  for (let begin = 0; begin < windows; begin += batch) {
    const first = Array.from({ length: Math.min(batch, windows - begin) }, (_, at) => (skip + begin + at) * stride);
    const all = await tokenLossesOfEach(
      model,
      first.map((from) => ids.slice(from, from + length + 1)),
      {
        ...run,
        onProgress: (done) => onProgress?.(begin * length + done * first.length, length * windows),
      },
    );
    all.forEach((losses, at) => {
      const from = firstScored({ length, windows, stride }, skip + begin + at);
      losses.forEach((loss, position) => {
        if (position >= from && !masked.includes(ids[first[at]! + position + 1]!))
          scored[Math.floor(position / bucket)]!.push(loss);
      });
    });
  }
  const buckets = scored.map((losses, index) => ({
    from: index * bucket,
    to: Math.min((index + 1) * bucket, length),
    ...meanOf(losses),
  }));
  return { ...meanOf(scored.flat()), buckets };
};
