/**
 * How likely a model finds the options after a prompt:
 *
 *   log p(option)   Σ ln p(token | all before it), over the tokens that the prompt and the option together have beyond the prompt's own
 *
 * One run serves all options that are beginnings of what it read: options of one token each share a single run of the question.
 */
import { createCache, releaseCache, type LanguageModel, type TextCodec } from "@ropewalk/generation";
import { lossOf } from "../perplexity/token-losses.ts";

/** A prompt with an option behind it, and where the option begins. */
export type Continued = { readonly ids: readonly number[]; readonly from: number };

/** The prompt followed by each option. A token that spans both counts as part of the option. */
export const continuedBy = (codec: TextCodec, prompt: string, options: readonly string[]): readonly Continued[] => {
  const alone = codec.encode(prompt);
  return options.map((option) => {
    const ids = codec.encode(prompt + option);
    const differs = alone.findIndex((id, index) => id !== ids[index]);
    return { ids, from: differs < 0 ? alone.length : differs };
  });
};

/** The parts of a loaded model that are needed for likelihoods. */
export type OptionModel = Pick<LanguageModel, "backend" | "extended" | "prefill">;

/** Reads a token's log-probability out of a row of logits. */
type Rows = (position: number) => Float32Array;

/** The logits from the token before an option to the one before its last. */
const rowsOf = async (
  { backend, extended, prefill }: OptionModel,
  ids: readonly number[],
  from: number,
  signal: AbortSignal | undefined,
): Promise<Rows> => {
  const { vocabSize } = extended.decoder;
  const rows: Float32Array[] = [];
  let cache = createCache(backend, extended, { length: ids.length });
  try {
    const prompt = await prefill(cache, ids.slice(0, from), { signal });
    cache = prompt.cache;
    rows.push(prompt.logits);
    if (ids.length > from) {
      const onLogits = (_: number, logits: Float32Array): void => {
        for (let row = 0; row < logits.length; row += vocabSize) rows.push(logits.slice(row, row + vocabSize));
      };
      cache = (await prefill(cache, ids.slice(from), { signal, onLogits })).cache;
    }
  } finally {
    releaseCache(cache);
  }
  return (position) => rows[position - from + 1]!;
};

type Ran = Continued & { readonly rows: Rows };

/** Whether a run has the logits for an option: it has read all of it but the last token. */
const serves = (ran: Ran, { ids, from }: Continued): boolean =>
  ran.from <= from && ran.ids.length >= ids.length && ids.slice(0, -1).every((id, index) => ran.ids[index] === id);

/** log p of every option, in nats. */
export const logLikelihoods = async (
  model: OptionModel,
  options: readonly Continued[],
  signal?: AbortSignal,
): Promise<readonly number[]> => {
  const runs: Ran[] = [];
  const longestFirst = options
    .map((option, index) => ({ option, index }))
    .sort((a, b) => b.option.ids.length - a.option.ids.length);
  const likelihoods = options.map(() => 0);
  for (const { option, index } of longestFirst) {
    const { ids, from } = option;
    let ran = runs.find((run) => serves(run, option));
    if (ran === undefined) {
      ran = { ...option, rows: await rowsOf(model, ids.slice(0, -1), from, signal) };
      runs.push(ran);
    }
    for (let position = from; position < ids.length; position++)
      likelihoods[index]! -= lossOf(ran.rows(position - 1), ids[position]!);
  }
  return likelihoods;
};
