/**
 * How widely a model's queries look, by layer, head and position:
 *
 *   H(l, h, i) = -Σ_j p_lh(i, j) ln p_lh(i, j)      0 where one key has it all, ln(i + 1) where all keys have the same, in nats
 *   bucket [from, to)   the mean of H(l, h, i) over from ≤ i < to in every window
 *   drift               the mean over layers of |mean beyond the trained window - mean inside|
 *
 * Beyond the positions that it was trained for, a model often spreads its attention over tokens that do not matter, and the entropy rises:
 * Zhang et al., arXiv 2401.07004, section 3.
 */
import { check, checkKeys, optional, positive, type Keys } from "@ropewalk/check";
import type { LanguageModel, ChunkOptions } from "@ropewalk/generation";
import { checkTokens, type Windows } from "../perplexity/windows.ts";

/** Means in nats. */
export type MeanEntropy = {
  /** Over all heads. */
  readonly mean: number;
  readonly heads: readonly number[];
};

/** Queries at positions from `from` to `to - 1`. */
export type EntropyBucket = MeanEntropy & { readonly from: number; readonly to: number };

export type LayerEntropies = {
  readonly layer: number;
  readonly buckets: readonly EntropyBucket[];
  /** Of the positions inside of the trained window, and of those behind it; undefined where the windows end inside. */
  readonly inside: MeanEntropy;
  readonly beyond: MeanEntropy | undefined;
};

export type Entropies = {
  readonly trainedContext: number;
  readonly layers: readonly LayerEntropies[];
  /** How far entropies beyond the trained window are from those inside; undefined where the windows end inside. */
  readonly drift: number | undefined;
};

export type EntropiesOptions = Omit<Windows, "stride"> &
  ChunkOptions & {
    /** Which layers, from 0, each once. Default all. */
    readonly layers?: readonly number[] | undefined;
    /** Positions of one bucket; the last may have fewer. Default 512. */
    readonly bucket?: number | undefined;
  };

/** The parts of a loaded model that are needed for entropies. */
export type EntropyModel = Pick<LanguageModel, "visitAttentions" | "extended">;

const keys: Keys<EntropiesOptions> = {
  length: true,
  windows: true,
  layers: true,
  bucket: optional(positive),
  onProgress: true,
  chunkSize: true,
  signal: true,
};

/** Sums over windows, a row a head. */
type Sums = { readonly layer: number; readonly heads: readonly Float64Array[] };

const meanOf = ({ heads }: Sums, windows: number, from: number, to: number): MeanEntropy => {
  const means = heads.map(
    (row) => row.subarray(from, to).reduce((sum, entropy) => sum + entropy, 0) / (windows * (to - from)),
  );
  return { mean: means.reduce((sum, mean) => sum + mean, 0) / means.length, heads: means };
};

const driftOf = (layers: readonly LayerEntropies[]): number | undefined => {
  const apart = layers.flatMap(({ inside, beyond }) =>
    beyond === undefined ? [] : Math.abs(beyond.mean - inside.mean),
  );
  return apart.length === 0 ? undefined : apart.reduce((sum, each) => sum + each, 0) / apart.length;
};

/**
 * The mean entropies of windows that stand behind one another in a text, beyond the capacity if need be. They come out of the runs
 * themselves: it takes little longer than the text's prefill.
 *
 * @param options - `onProgress` is called after each chunk with the tokens done and the tokens of all windows
 * @throws RangeError when there are fewer than length * windows + 1 ids, one is outside the vocabulary, a layer is none of the model's, or
 *   a number is out of range; whatever the signal was aborted with
 */
export const entropies = async (
  model: EntropyModel,
  ids: readonly number[],
  options: EntropiesOptions,
): Promise<Entropies> => {
  checkKeys("entropies", "options", options, keys);
  const { length, windows, layers, bucket = 512, onProgress, ...run } = options;
  checkTokens("entropies", ids.length, { length, windows });
  const sums = new Map<number, Sums>();
  for (let window = 0; window < windows; window++) {
    const first = window * length;
    await model.visitAttentions(
      ids.slice(first, first + length),
      ({ start, layers: given }) => {
        for (const { layer, dims, data } of given) {
          const [numHeads, queryLen] = dims as readonly [number, number];
          const own = sums.get(layer) ?? {
            layer,
            heads: Array.from({ length: numHeads }, () => new Float64Array(length)),
          };
          sums.set(layer, own);
          own.heads.forEach((row, head) => {
            for (let at = 0; at < queryLen; at++) row[start + at]! += data[head * queryLen + at]!;
          });
        }
      },
      {
        ...run,
        what: "entropies",
        ...(layers === undefined ? {} : { layers }),
        onProgress: (done) => onProgress?.(first + done, length * windows),
      },
    );
  }
  const { trainedContext } = model.extended.decoder;
  const edge = Math.min(length, trainedContext);
  check(edge > 0, "entropies: trainedContext must be >= 1", trainedContext);
  const found = Array.from(sums.values(), (own): LayerEntropies => ({
    layer: own.layer,
    buckets: Array.from({ length: Math.ceil(length / bucket) }, (_, index) => {
      const [from, to] = [index * bucket, Math.min((index + 1) * bucket, length)];
      return { from, to, ...meanOf(own, windows, from, to) };
    }),
    inside: meanOf(own, windows, 0, edge),
    beyond: edge < length ? meanOf(own, windows, edge, length) : undefined,
  }));
  return { trainedContext, layers: found, drift: driftOf(found) };
};
