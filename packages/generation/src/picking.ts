/** What a run brings back for the next token, and the token: the likeliest where that is the one, or else a row of logits. */
import type { HostTensor } from "@ropewalk/backend";
import { decoderOutputs } from "@ropewalk/decoder";
import { byKind } from "@ropewalk/check";
import { sample, type Sampled, type SamplerState, type Sampling } from "./sampling.ts";

export type Picking = {
  /** The output that is brought back. */
  readonly output: string;
  /** The token behind the last of its rows. */
  readonly pick: (state: SamplerState, rows: HostTensor) => Sampled;
};

export const pickingBy = (sampling: Sampling): Picking =>
  byKind<Sampling, Picking, []>("generate", "sampling", sampling, {
    greedy: () => ({
      output: decoderOutputs.likeliest,
      pick: (state, { data }) => ({ token: Number(data.at(-1)), state }),
    }),
    sample: (drawn) => ({
      output: decoderOutputs.logits,
      pick: (state, { data, dims: [, vocabSize] }) =>
        sample(drawn, state, (data as Float32Array).subarray(-vocabSize!)),
    }),
  });
