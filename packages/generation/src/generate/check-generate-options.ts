/** Checks the options of `generate` and `generateTokens`, before anything is run. */
import { check, checkKeys, optional, show, whole, type Keys } from "@ropewalk/check";
import { checkDraft, checkLookup } from "../guess/check-guess-options.ts";
import { isOverflowChoice } from "../overflow/overflow-policy.ts";
import { isPrefix } from "../prefix/prefix.ts";
import { optionalFunction, optionalPositive, optionalSignal } from "../run/option-rules.ts";
import { startSampling, type Sampling } from "../sampling/sampling.ts";
import { areStopStrings } from "../text/stop-strings.ts";
import type { GenerateOptions } from "./generate-options.ts";

const inSampling = (...more: readonly string[]): string =>
  `sampling: { ${['kind: "sample"', "temperature", "seed", ...more].join(", ")} }`;

const meantInSampling = (names: Readonly<Record<string, keyof Sampling>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(names).map(([key, name]) => [key, `sampling: { kind, ${name} }`]));

/** The option that is meant by names from other libraries. */
const meantNames = {
  temperature: inSampling(),
  topK: inSampling("topK"),
  topP: inSampling("topP"),
  top_k: inSampling("topK"),
  top_p: inSampling("topP"),
  seed: inSampling(),
  do_sample: inSampling(),
  minP: inSampling("minP"),
  min_p: inSampling("minP"),
  ...meantInSampling({
    logitBias: "logitBias",
    logit_bias: "logitBias",
    repetitionPenalty: "repetitionPenalty",
    repetition_penalty: "repetitionPenalty",
    frequencyPenalty: "frequencyPenalty",
    frequency_penalty: "frequencyPenalty",
    presencePenalty: "presencePenalty",
    presence_penalty: "presencePenalty",
  }),
  maxTokens: "maxNewTokens",
  max_tokens: "maxNewTokens",
  max_length: "maxNewTokens",
  maxLength: "maxNewTokens",
  stop: "stopStrings, or stopTokens,",
  stop_strings: "stopStrings",
  stopSequences: "stopStrings",
  eos_token_id: "stopTokens",
  backend: "a model that is loaded with it",
  extension: "withExtension",
};

const isId = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

const generateKeys: Keys<GenerateOptions> = {
  maxNewTokens: optionalPositive,
  sampling: (_, __, value) => {
    if (value !== undefined) startSampling(value as Sampling);
  },
  stopTokens: (where, name, value) => {
    if (value !== undefined && !(Array.isArray(value) && value.every(isId)))
      throw new TypeError(`${where}: ${name} must be an array of token ids, got ${show(value)}`);
  },
  stopStrings: optional(areStopStrings),
  mask: optionalFunction,
  logprobs: optional(whole),
  onToken: optionalFunction,
  beyondCapacity: isOverflowChoice,
  chunkSize: optionalPositive,
  stepsPerRun: optionalPositive,
  after: optional(isPrefix),
  lookup: checkLookup,
  draft: checkDraft,
  signal: optionalSignal,
  onPrefill: optionalFunction,
  onDone: optionalFunction,
  onPrefix: optionalFunction,
};

export const checkGenerateOptions = (options: GenerateOptions): void => {
  checkKeys("generate", "options", options, generateKeys, meantNames);
  check(
    options.logprobs === undefined || options.onToken !== undefined,
    "generate: logprobs must come with onToken, which is told them",
    options.logprobs,
  );
};

/**
 * A token that the model cannot write would never stop it. Those that its own files state may lie beyond the vocabulary.
 *
 * @throws RangeError naming the id and the size of the vocabulary
 */
export const checkStopTokens = (
  stopTokens: readonly number[] | undefined,
  own: readonly number[],
  vocabSize: number,
): void => {
  const beyond = stopTokens?.find((id) => id >= vocabSize && !own.includes(id));
  check(beyond === undefined, `generate: stopTokens must be ids below ${vocabSize}, the vocabulary`, beyond);
};
