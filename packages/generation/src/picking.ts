/** What a run brings back for the next token, and the token: the likeliest where that is the one, or else a row of logits. */
import type { HostTensor } from "@ropewalk/backend";
import { decoderOutputs } from "@ropewalk/decoder";
import type { History } from "./sampling/history.ts";
import type { SamplerState } from "./sampling/random.ts";
import { sample, type Sampled } from "./sampling/sample.ts";
import { isPlainGreedy, type Sampling } from "./sampling/sampling.ts";

export type Picking = {
  /** The output that is brought back. */
  readonly output: string;
  /**
   * The token behind one of its rows, by default the last. A run may bring back several: each is picked behind its own history, with
   * the state that the pick before it gave.
   */
  readonly pick: (state: SamplerState, rows: HostTensor, history: History, row?: number) => Sampled;
};

const likeliest: Picking = {
  output: decoderOutputs.likeliest,
  pick: (state, { data }, _, row = data.length - 1) => ({ token: Number(data[row]), state }),
};

export const pickingBy = (sampling: Sampling): Picking =>
  isPlainGreedy(sampling)
    ? likeliest
    : {
        output: decoderOutputs.logits,
        pick: (state, { data, dims: [rows, vocabSize] }, history, row = rows! - 1) =>
          sample(sampling, state, (data as Float32Array).subarray(row * vocabSize!, (row + 1) * vocabSize!), history),
      };
