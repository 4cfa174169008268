/** Picks the next token from a run: the graph brings back the most likely token where that is enough, or else a row of logits. */
import type { HostTensor } from "@ropewalk/backend";
import { show } from "@ropewalk/check";
import { decoderOutputs } from "@ropewalk/decoder";
import type { History } from "./history.ts";
import { logprobsOf, type Logprobs } from "./logprobs.ts";
import type { SamplerState } from "./random.ts";
import type { Mask } from "./mask.ts";
import { sampleAfter, type Sampled } from "./sample.ts";
import { isPlainGreedy, samplingNotInMultiStep, type Sampling } from "./sampling.ts";
import { tallying } from "./tally.ts";

export type Picked = Sampled & { readonly logprobs?: Logprobs };

export type Picking = {
  /** The output that the graph brings back. */
  readonly output: string;
  /**
   * Picks the token after one of the output's rows, by default the last row. Where a run brings back several rows, each pick has its own history
   * and the state that the pick before it gave.
   */
  readonly pick: (state: SamplerState, rows: HostTensor, history: History, row?: number) => Picked | Promise<Picked>;
};

/** The options that decide how a token is picked. */
export type PickOptions = {
  readonly sampling: Sampling;
  /** How many of the most likely tokens' log-probabilities come with it. */
  readonly logprobs?: number | undefined;
  readonly mask?: Mask | undefined;
};

/** Names the options that the multi-step graph cannot do. Undefined where it can do all. */
export const notInMultiStep = ({ sampling, logprobs, mask }: PickOptions): string | undefined => {
  const steps = samplingNotInMultiStep(sampling);
  const names = [
    ...(steps === undefined ? [] : [steps]),
    ...(logprobs === undefined ? [] : ["logprobs"]),
    ...(mask === undefined ? [] : ["a mask"]),
  ];
  return names.length === 0 ? undefined : names.join(" and ");
};

const likeliest: Picking = {
  output: decoderOutputs.likeliest,
  pick: (state, { data }, _, row = data.length - 1) => ({ token: Number(data[row]), state }),
};

/** Refuses a value that a mask returns: it would be ignored, since a mask changes the logits that it gets. */
const checkNothing = (returned: unknown): void => {
  if (returned !== undefined)
    throw new TypeError(
      `generate: mask must give nothing, or a promise of it, for it changes the logits that it is given, got ${show(returned)}`,
    );
};

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as Partial<PromiseLike<unknown>> | undefined | null)?.then === "function";

/** Picks the tokens of one run, whose history only grows. */
export const pickingBy = ({ sampling, logprobs, mask }: PickOptions): Picking => {
  if (isPlainGreedy(sampling) && logprobs === undefined && mask === undefined) return likeliest;
  const tally = tallying();
  const choose = (state: SamplerState, given: Float32Array, logits: Float32Array, history: History): Picked => {
    const sampled = sampleAfter(() => tally(history), sampling, state, logits);
    return logprobs === undefined ? sampled : { ...sampled, logprobs: logprobsOf(given, sampled.token, logprobs) };
  };
  return {
    output: decoderOutputs.logits,
    pick: (state, { data, dims: [rows, vocabSize] }, history, row = rows! - 1) => {
      const given = (data as Float32Array).subarray(row * vocabSize!, (row + 1) * vocabSize!);
      if (mask === undefined) return choose(state, given, given, history);
      const own = given.slice();
      // A mask may be synchronous: then nothing waits.
      const masked: unknown = mask(own, history);
      if (isPromise(masked))
        return Promise.resolve(masked).then((late) => {
          checkNothing(late);
          return choose(state, given, own, history);
        });
      checkNothing(masked);
      return choose(state, given, own, history);
    },
  };
};
