/** The flags that say how a text is generated, and what they mean. */
import type { SendOptions, Sampling } from "@ropewalk/generation";
import { InvalidArgumentError, type Command } from "commander";
import { number, numberList } from "./numbers.ts";

export type SamplingOptions = {
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly chunkSize?: number;
  readonly decodeBlock?: number;
  readonly stopTokens?: readonly number[];
  readonly beyondCapacity?: boolean;
};

const samplingFlags = { topK: "--top-k", topP: "--top-p", seed: "--seed" } as const;

/** @throws InvalidArgumentError when a number of sampling is given and nothing is sampled */
export const samplingFrom = (command: string, { temperature, ...numbers }: SamplingOptions): Sampling => {
  if (temperature !== 0) {
    const { seed = 0, topK, topP } = numbers;
    return {
      ...{ kind: "sample", temperature, seed },
      ...(topK === undefined ? {} : { topK }),
      ...(topP === undefined ? {} : { topP }),
    };
  }
  for (const name of ["topK", "topP", "seed"] as const)
    if (numbers[name] !== undefined)
      throw new InvalidArgumentError(
        `${command}: ${samplingFlags[name]} is not read at --temperature 0, got ${numbers[name]}`,
      );
  return { kind: "greedy" };
};

/** What the flags say of a run. */
export const runFrom = (command: string, options: SamplingOptions): SendOptions => ({
  ...{ maxNewTokens: options.maxNewTokens, sampling: samplingFrom(command, options) },
  ...(options.chunkSize === undefined ? {} : { chunkSize: options.chunkSize }),
  ...(options.decodeBlock === undefined ? {} : { decodeBlock: options.decodeBlock }),
  ...(options.stopTokens === undefined ? {} : { stopTokens: options.stopTokens }),
  ...(options.beyondCapacity ? { beyondCapacity: "allow" } : {}),
});

export const withSamplingOptions = (command: Command, maxNewTokens: number): Command =>
  command
    .option("--max-new-tokens <n>", "tokens to generate, at most", number, maxNewTokens)
    .option("--temperature <t>", "0: the most likely token, always", number, 0)
    .option("--top-k <k>", "sample among the k most likely", number)
    .option("--top-p <p>", "sample among the most likely that together have probability p", number)
    .option("--seed <n>", "the same seed gives the same text; absent: 0", number)
    .option("--stop-tokens <ids>", "token ids that end the text, by comma; absent: the checkpoint's own", numberList)
    .option("--chunk-size <tokens>", "tokens a prefill chunk, at most", number)
    .option("--decode-block <tokens>", "tokens decoded in one run, at most; absent: as the backend likes it", number)
    .option("--beyond-capacity", "run even where the model knows no positions");
