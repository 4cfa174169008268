/** The flags of sampling, a row each, and the checks of which flags are read together. */
import { samplingOf, type LogitBias, type ModelSource, type Sampling } from "@ropewalk/generation";
import { InvalidArgumentError, type Command } from "commander";
import { number } from "./parse-numbers.ts";

type Drawing = { readonly topK?: number; readonly topP?: number; readonly minP?: number };
type Adjusting = {
  readonly repetitionPenalty?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly logitBias?: LogitBias;
};

export type SamplingFlags = Drawing &
  Adjusting & {
    /** Absent: 0. */
    readonly temperature?: number;
    readonly seed?: number;
    readonly modelSampling?: boolean;
  };

type Row<Value> = { readonly flag: string; readonly what: string; readonly read: (text: string) => Value };
type Rows<Options> = { readonly [Name in keyof Options]-?: Row<NonNullable<Options[Name]>> };

/** Flags that are read when tokens are drawn. */
const drawingFlags: Rows<Drawing> = {
  topK: { flag: "--top-k <k>", what: "sample among the k most likely", read: number },
  topP: {
    flag: "--top-p <p>",
    what: "sample among the most likely that together have probability p",
    read: number,
  },
  minP: {
    flag: "--min-p <p>",
    what: "sample among those of at least p times the most likely's probability",
    read: number,
  },
};

/** Token ids and numbers: `42:-100,7:-Infinity`. */
const readBias = (text: string): LogitBias => {
  const pairs = text.split(",").map((pair) => {
    const [id, bias, ...more] = pair.split(":");
    if (!/^\d+$/.test(id!.trim()) || bias === undefined || more.length > 0)
      throw new InvalidArgumentError(`must be token ids and numbers, as 42:-100,7:-Infinity, got ${text}`);
    return [Number(id), number(bias)] as const;
  });
  return Object.fromEntries(pairs);
};

/** Flags that are read at any temperature. */
const adjustingFlags: Rows<Adjusting> = {
  repetitionPenalty: {
    flag: "--repetition-penalty <r>",
    what: "above 1: tokens of the prompt and new ones are less likely",
    read: number,
  },
  frequencyPenalty: {
    flag: "--frequency-penalty <f>",
    what: "above 0: new tokens are less likely, for each time that they came",
    read: number,
  },
  presencePenalty: {
    flag: "--presence-penalty <p>",
    what: "above 0: new tokens are less likely, once they came",
    read: number,
  },
  logitBias: {
    flag: "--logit-bias <id:number,…>",
    what: "numbers added to logits of tokens; -Infinity rules one out",
    read: readBias,
  },
};

export const withSamplingFlags = (command: Command): Command => {
  command
    .option("--temperature <t>", "0: the most likely token, always; absent: 0", number)
    .option("--seed <n>", "the same seed gives the same text; absent: 0", number)
    .option("--model-sampling", "sample as the model's generation_config.json states it");
  const rows: readonly Row<unknown>[] = [...Object.values(drawingFlags), ...Object.values(adjustingFlags)];
  for (const { flag, what, read } of rows) command.option(flag, what, (text: string) => read(text));
  return command;
};

/** The options of the rows that are given. */
const givenOptions = <Options extends object>(rows: Rows<Options>, options: Options): Options =>
  Object.fromEntries(
    Object.keys(rows).flatMap((name) => {
      const value = options[name as keyof Options];
      return value === undefined ? [] : [[name, value]];
    }),
  ) as Options;

type Stated = readonly (readonly [flag: string, value: unknown])[];

const drawingStated = (options: Drawing): Stated =>
  Object.entries(drawingFlags).map(([name, { flag }]) => [flag.split(" ")[0]!, options[name as keyof Drawing]]);

/** @throws InvalidArgumentError for a flag that nothing reads */
const refuse = (command: string, stated: Stated, where: string): void => {
  const [flag, value] = stated.find((each) => each[1] !== undefined) ?? [];
  if (flag !== undefined)
    throw new InvalidArgumentError(`${command}: ${flag} is not read ${where}, got ${String(value)}`);
};

/** @throws InvalidArgumentError when a number of sampling is given and nothing is sampled */
export const samplingFrom = (command: string, source: ModelSource, options: SamplingFlags): Sampling => {
  const { temperature = 0, seed = 0 } = options;
  const adjusting = givenOptions(adjustingFlags, options);
  const seedStated: Stated = [["--seed", options.seed]];
  if (options.modelSampling) {
    const stated: Stated = [["--temperature", options.temperature], ...drawingStated(options)];
    refuse(command, stated, "beside --model-sampling");
    const sampling = samplingOf(source, { seed });
    const greedy = "where the model's generation_config.json takes the most likely token";
    if (sampling.kind === "greedy") refuse(command, seedStated, greedy);
    return { ...sampling, ...adjusting };
  }
  if (temperature !== 0)
    return { kind: "sample", temperature, seed, ...givenOptions(drawingFlags, options), ...adjusting };
  refuse(command, [...drawingStated(options), ...seedStated], "at --temperature 0");
  return { kind: "greedy", ...adjusting };
};
