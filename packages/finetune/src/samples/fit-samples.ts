/** Samples cut and padded to one length. */
import { check, checkArray, checkInteger, checkKeys, checkOneOf, type Keys } from "@ropewalk/check";
import { ignoredLabel } from "@ropewalk/decoder/training";

/** A text as tokens. */
export type Sample = {
  readonly ids: readonly number[];
  /** The label of each token, -100 where nothing is learned. Absent: the ids, so that every token is learned. */
  readonly labels?: readonly number[];
};

export type FitConfig = {
  /** Tokens of each sequence. */
  readonly seqLen: number;
  /** What to do with a longer sample: cut its end off, or refuse it. Default refuse. */
  readonly longer?: "cut" | "refuse";
};

export type Fitted = {
  readonly ids: readonly number[];
  readonly labels: readonly number[];
};

/** The number of learned tokens. The first token is never learned, since no token before it predicts it. */
export const learnedOf = ({ labels = [] }: Sample): number =>
  labels.slice(1).filter((label) => label !== ignoredLabel).length;

/** The token that fills up short samples. No learned token sees it. */
const padding = 0;

/** A mask has seqLen² elements, and an array holds at most 2^32. */
const mostTokens = 2 ** 16;

const arrays = "Array or Int32Array or Uint32Array or Uint16Array";

const keys: Keys<Sample> = { ids: true, labels: true };

/** Names of these keys in other libraries. */
const meant = { label: "labels", input_ids: "ids", inputIds: "ids", tokens: "ids" };

/**
 * Samples as sequences of one length. Short samples are filled up with tokens that are not learned.
 *
 * @returns the sequences, and how many samples were cut
 * @throws RangeError when there is no sample, or when a sample is too long and may not be cut, has another number of labels than of
 *   ids, or has no learned token
 */
export const fitSamples = (
  config: FitConfig,
  samples: readonly Sample[],
): { readonly sequences: readonly Fitted[]; readonly cut: number } => {
  checkKeys<FitConfig>("fitSamples", "config", config, { seqLen: true, longer: true });
  const { seqLen, longer = "refuse" } = config;
  checkInteger("fitSamples", "seqLen", seqLen, 2, mostTokens);
  checkOneOf("fitSamples", "longer", longer, ["cut", "refuse"]);
  checkArray("fitSamples", "samples", samples, "Array");
  check(samples.length > 0, "fitSamples: samples must be at least one", samples.length);
  let cut = 0;
  const sequences = samples.map((sample, index): Fitted => {
    const at = `fitSamples: samples[${index}]`;
    checkKeys<Sample>("fitSamples", `samples[${index}]`, sample, keys, meant);
    const { ids, labels = ids } = sample;
    for (const [part, tokens] of Object.entries({ ids, labels }))
      checkArray("fitSamples", `samples[${index}].${part}`, tokens, arrays);
    check(labels.length === ids.length, `${at}.labels must be ${ids.length}, one for each token`, labels.length);
    if (ids.length > seqLen) {
      check(longer === "cut", `${at} must have at most ${seqLen} tokens, or be cut by longer: "cut"`, ids.length);
      cut += 1;
    }
    const fill = (row: readonly number[], value: number): readonly number[] => [
      ...row.slice(0, seqLen),
      ...Array.from({ length: Math.max(0, seqLen - row.length) }, () => value),
    ];
    const fitted = { ids: fill(ids, padding), labels: fill(labels, ignoredLabel) };
    // No token predicts the first one.
    const learned = fitted.labels.slice(1).some((label) => label !== ignoredLabel);
    check(
      learned,
      `${at} must have a token to learn behind its first${ids.length > seqLen ? ", also when it is cut" : ""}`,
      "none",
    );
    return fitted;
  });
  return { sequences, cut };
};

/** Cuts a long text into samples of `seqLen` tokens each. A shorter rest at the end is dropped. */
export const cutText = (ids: readonly number[], seqLen: number): readonly Sample[] => {
  checkInteger("cutText", "seqLen", seqLen, 2);
  check(ids.length >= seqLen, `cutText: ids must be at least seqLen ${seqLen}`, ids.length);
  return Array.from({ length: Math.floor(ids.length / seqLen) }, (_, at) => ({
    ids: ids.slice(at * seqLen, (at + 1) * seqLen),
  }));
};
