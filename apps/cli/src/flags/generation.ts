/** The flags that say how a text is generated, and the options that they stand for. */
import { keepEnds, regroup, type ModelSource, type SendOptions } from "@ropewalk/generation";
import { InvalidArgumentError, type Command } from "commander";
import { collected } from "./collected.ts";
import { number, numberList } from "./parse-numbers.ts";
import { samplingFrom, withSamplingFlags, type SamplingFlags } from "./sampling.ts";

export type SamplingOptions = SamplingFlags & {
  readonly maxNewTokens: number;
  readonly chunkSize?: number;
  readonly stepsPerRun?: number;
  readonly stopTokens?: readonly number[];
  readonly stop?: readonly string[];
  readonly beyondCapacity?: boolean;
  readonly keepEnds?: number;
  readonly regroup?: boolean;
};

type Overflow = Pick<SendOptions, "beyondCapacity">;

/** The option for a run that does not fit. At most one of three flags may be given. */
const overflowFrom = (
  command: string,
  { beyondCapacity, keepEnds: first, regroup: asked }: SamplingOptions,
): Overflow => {
  const choices: readonly (readonly [flag: string, choice: Overflow])[] = [
    ...(beyondCapacity ? [["--beyond-capacity", { beyondCapacity: "allow" }] as const] : []),
    ...(first === undefined ? [] : [["--keep-ends", { beyondCapacity: keepEnds({ first }) }] as const]),
    ...(asked ? [["--regroup", { beyondCapacity: regroup() }] as const] : []),
  ];
  const [one, other] = choices;
  if (other !== undefined) throw new InvalidArgumentError(`${command}: ${one![0]} or ${other[0]}, one of them`);
  return one?.[1] ?? {};
};

/** The options of a run, from the flags. */
export const runFrom = (command: string, source: ModelSource, options: SamplingOptions): SendOptions => ({
  maxNewTokens: options.maxNewTokens,
  sampling: samplingFrom(command, source, options),
  ...(options.chunkSize === undefined ? {} : { chunkSize: options.chunkSize }),
  ...(options.stepsPerRun === undefined ? {} : { stepsPerRun: options.stepsPerRun }),
  ...(options.stopTokens === undefined ? {} : { stopTokens: options.stopTokens }),
  ...(options.stop === undefined ? {} : { stopStrings: options.stop }),
  ...overflowFrom(command, options),
});

export const withSamplingOptions = (command: Command, maxNewTokens: number): Command =>
  withSamplingFlags(command.option("--max-new-tokens <n>", "tokens to generate, at most", number, maxNewTokens))
    .option("--stop <text>", "a text that ends the output and is left out of it; may be given several times", collected)
    .option("--stop-tokens <ids>", "token ids that end the text, by comma; absent: the checkpoint's own", numberList)
    .option("--chunk-size <tokens>", "tokens of a prefill chunk, at most", number)
    .option("--steps-per-run <tokens>", "tokens decoded in one run, at most; absent: the backend decides", number)
    .option("--beyond-capacity", "run even where the model knows no positions")
    .option("--keep-ends <n>", "where a prompt does not fit: run its first n tokens and the newest that do", number)
    .option("--regroup", "where a prompt does not fit: run it under the smallest larger group size that holds it");
