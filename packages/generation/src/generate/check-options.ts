/** What a caller hands in, checked once, before anything is loaded or run. */
import type { Backend } from "@ropewalk/backend";
import {
  check,
  checkFunction,
  checkKeys,
  checkNumber,
  oneOf,
  optional,
  show,
  trueOrFalse,
  whole,
  type Keys,
  type Rule,
} from "@ropewalk/check";
import { attentionOutputs, cachePrecisions, someLayers } from "@ropewalk/decoder";
import { precisionNames } from "@ropewalk/models";
import type { VisitAttentionsOptions } from "../run/attentions.ts";
import type { BeyondCapacity } from "../overflow/capacity.ts";
import type { GenerateOptions } from "./generate-options.ts";
import { checkDraft, checkLookup } from "../guess/check-options.ts";
import type { LoadOptions, LogitsOptions } from "../model/language-model.ts";
import type { OpenOptions } from "../model/open-model.ts";
import { isPrefix } from "../prefix/prefix.ts";
import type { ReadOptions } from "../prefix/read-prompt.ts";
import type { FileOptions } from "../prefix/save-file.ts";
import type { ChunkOptions, PrefillOptions } from "../run/run.ts";
import { isOverflowChoice } from "../overflow/policy.ts";
import { startSampling, type Sampling } from "../sampling/sampling.ts";
import { areStopStrings } from "../text/stop-strings.ts";

/** Of an integer above 0, in these words. */
const positiveInteger: Rule = (where, name, value) =>
  checkNumber(where, name, value, Number.isInteger(value) && (value as number) > 0, "a positive integer");

const maybePositive = optional(positiveInteger);
const maybeFunction = optional(checkFunction);

const maybeSignal: Rule = (where, name, value) => {
  if (value !== undefined && typeof (value as AbortSignal | null)?.throwIfAborted !== "function")
    throw new TypeError(`${where}: ${name} must be an AbortSignal, got ${show(value)}`);
};

const openKeys: Keys<OpenOptions> = { hub: true, trainedContext: maybePositive, model: true };

/** What people write after other libraries. */
const meantByLoad = {
  adapters: "adapter",
  lora: "adapter",
  device: "backend",
  dtype: "quantize, or the backend's precision,",
  precision: "quantize, or the backend's precision,",
  positions: "extension: { positions: … }",
  rope: "extension: { rope: … }",
  entropy: "extension: { entropy: … }",
};

export const checkOpenOptions = (where: string, options: OpenOptions): void => {
  checkKeys(where, "options", options, openKeys, meantByLoad);
};

const isBackend: Rule = (where, name, value) => {
  const { bufferTypes, createSession } = { ...(value as Partial<Backend> | undefined) };
  if (Array.isArray(bufferTypes) && typeof createSession === "function") return;
  const hint =
    typeof value === "function"
      ? `; it must be called, as in ${value.name}()`
      : value instanceof Promise
        ? "; it must be awaited"
        : "; one is made by cpu() of @ropewalk/backend-node, for instance";
  throw new TypeError(`${where}: ${name} must be a backend, got ${show(value)}${hint}`);
};

const loadKeys: Keys<LoadOptions> = {
  ...openKeys,
  backend: isBackend,
  extension: true,
  adapter: true,
  quantize: optional(oneOf(precisionNames)),
  cache: optional(oneOf(cachePrecisions)),
  onQuantize: maybeFunction,
  checkWeights: (where, name, value) =>
    check(
      value === undefined || typeof value === "boolean",
      `${where}: ${name} must be true or false`,
      value,
      "boolean",
    ),
};

export const checkLoadOptions = (options: LoadOptions): void => {
  checkKeys("loadModel", "options", options, loadKeys, meantByLoad);
};

const inSampling = (...more: readonly string[]): string =>
  `sampling: { ${['kind: "sample"', "temperature", "seed", ...more].join(", ")} }`;

const meantInSampling = (names: Readonly<Record<string, keyof Sampling>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(names).map(([key, name]) => [key, `sampling: { kind, ${name} }`]));

const meantByGenerate = {
  ...{ temperature: inSampling(), topK: inSampling("topK"), topP: inSampling("topP") },
  ...{ top_k: inSampling("topK"), top_p: inSampling("topP"), seed: inSampling(), do_sample: inSampling() },
  ...{ minP: inSampling("minP"), min_p: inSampling("minP") },
  ...meantInSampling({
    ...{ logitBias: "logitBias", logit_bias: "logitBias" },
    ...{ repetitionPenalty: "repetitionPenalty", repetition_penalty: "repetitionPenalty" },
    ...{ frequencyPenalty: "frequencyPenalty", frequency_penalty: "frequencyPenalty" },
    ...{ presencePenalty: "presencePenalty", presence_penalty: "presencePenalty" },
  }),
  ...{ maxTokens: "maxNewTokens", max_tokens: "maxNewTokens", max_length: "maxNewTokens", maxLength: "maxNewTokens" },
  ...{
    stop: "stopStrings, or stopTokens,",
    stop_strings: "stopStrings",
    stopSequences: "stopStrings",
    eos_token_id: "stopTokens",
    backend: "a model that is loaded with it",
    extension: "withExtension",
  },
};

const generateKeys: Keys<GenerateOptions> = {
  maxNewTokens: maybePositive,
  sampling: (_, __, value) => {
    if (value !== undefined) startSampling(value as Sampling);
  },
  stopTokens: (where, name, value) => {
    if (value !== undefined && !(Array.isArray(value) && value.every(Number.isInteger)))
      throw new TypeError(`${where}: ${name} must be an array of token ids, got ${show(value)}`);
  },
  stopStrings: optional(areStopStrings),
  mask: maybeFunction,
  logprobs: optional(whole),
  onToken: maybeFunction,
  beyondCapacity: isOverflowChoice,
  chunkSize: maybePositive,
  stepsPerRun: maybePositive,
  after: optional(isPrefix),
  lookup: checkLookup,
  draft: checkDraft,
  signal: maybeSignal,
  onPrefill: maybeFunction,
  onDone: maybeFunction,
  onPrefix: maybeFunction,
};

export const checkGenerateOptions = (options: GenerateOptions): void => {
  checkKeys("generate", "options", options, generateKeys, meantByGenerate);
  check(
    options.logprobs === undefined || options.onToken !== undefined,
    "generate: logprobs must come with onToken, which is told them",
    options.logprobs,
  );
};

const chunkKeys = { chunkSize: maybePositive, signal: maybeSignal, onProgress: maybeFunction };
const logitsKeys: Keys<LogitsOptions> = { ...chunkKeys, after: optional(isPrefix) };
const prefillKeys: Keys<PrefillOptions> = { ...chunkKeys, onLogits: maybeFunction };

const readKeys: Keys<ReadOptions> = {
  ...chunkKeys,
  room: optional(whole),
  beyondCapacity: optional(oneOf(["refuse", "allow"] satisfies BeyondCapacity[])),
};

export const checkReadOptions = (where: string, options: ReadOptions): void => {
  checkKeys(where, "options", options, readKeys);
};

const fileKeys: Keys<FileOptions> = { signal: maybeSignal, onProgress: maybeFunction };

export const checkFileOptions = (where: string, options: FileOptions): void => {
  checkKeys(where, "options", options, fileKeys);
};

export const checkChunkOptions = (where: string, options: ChunkOptions): void => {
  checkKeys(where, "options", options, chunkKeys);
};

export const checkLogitsOptions = (options: LogitsOptions): void => {
  checkKeys("logits", "options", options, logitsKeys);
};

/** What people write after other libraries. */
const meantByAttentions = { output_attentions: "what", attentions: "what", layer: "layers" };

export const checkAttentionOptions = (where: string, options: VisitAttentionsOptions, numLayers: number): void => {
  checkKeys<VisitAttentionsOptions>(
    where,
    "options",
    options,
    {
      ...chunkKeys,
      what: oneOf(attentionOutputs),
      layers: optional(someLayers(numLayers)),
      logits: optional(trueOrFalse),
    },
    meantByAttentions,
  );
};

export const checkPrefillOptions = (options: PrefillOptions): void => {
  checkKeys("prefill", "options", options, prefillKeys);
};
