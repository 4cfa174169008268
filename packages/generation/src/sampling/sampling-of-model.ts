/**
 * Sampling as generation_config.json states it, with the meaning and the defaults of transformers: greedy unless do_sample is true; then
 * temperature 1, top_k 50 and top_p 1 where they are absent. Lengths, and the tokens that begin and end a text, are not part of sampling. Every
 * other key that would change tokens and is not supported is refused by name.
 */
import { check, checkInteger, checkKeys, show } from "@ropewalk/check";
import { startSampling, type Sampling } from "./sampling.ts";

/** The parts of a model's source that say how it is sampled. */
type SamplingSource = {
  readonly name: string;
  readonly generationConfig?: Readonly<Record<string, unknown>> | undefined;
};

type Config = Readonly<Record<string, unknown>>;

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** Keys that are not supported, with the values that change nothing. null changes nothing for any key. */
const neutral: Readonly<Record<string, readonly unknown[]>> = {
  num_beams: [1],
  num_beam_groups: [1],
  num_return_sequences: [1],
  diversity_penalty: [0],
  guidance_scale: [1],
  typical_p: [1],
  epsilon_cutoff: [0],
  eta_cutoff: [0],
  top_h: [],
  penalty_alpha: [0],
  dola_layers: [],
  no_repeat_ngram_size: [0],
  encoder_no_repeat_ngram_size: [0],
  encoder_repetition_penalty: [1],
  bad_words_ids: [],
  force_words_ids: [],
  constraints: [],
  sequence_bias: [],
  begin_suppress_tokens: [],
  forced_bos_token_id: [],
  forced_eos_token_id: [],
  forced_decoder_ids: [],
  exponential_decay_length_penalty: [],
  min_length: [0],
  min_new_tokens: [0],
  max_time: [],
  stop_strings: [],
  watermarking_config: [],
  token_healing: [false],
};

/** Keys that change no token, or that are read elsewhere. */
const without: ReadonlySet<string> = new Set([
  "bos_token_id",
  "eos_token_id",
  "pad_token_id",
  "decoder_start_token_id",
  "max_length",
  "max_new_tokens",
  "length_penalty",
  "early_stopping",
  "renormalize_logits",
  "remove_invalid_values",
  "low_memory",
  "use_cache",
  "cache_implementation",
  "cache_config",
  "return_legacy_cache",
  "prefill_chunk_size",
  "output_attentions",
  "output_hidden_states",
  "output_scores",
  "output_logits",
  "return_dict_in_generate",
  "prompt_lookup_num_tokens",
  "max_matching_ngram_size",
  "num_assistant_tokens",
  "num_assistant_tokens_schedule",
  "assistant_confidence_threshold",
  "assistant_early_exit",
  "assistant_lookbehind",
  "target_lookbehind",
  "is_assistant",
  "compile_config",
  "disable_compile",
  "continuous_batching_config",
  "transformers_version",
  "_from_model_config",
  "_commit_hash",
  "trust_remote_code",
  "generation_kwargs",
]);

/** Keys of sampling that are read, with the defaults of transformers. */
const read = {
  do_sample: false,
  temperature: 1,
  top_k: 50,
  top_p: 1,
  min_p: undefined,
  repetition_penalty: 1,
  suppress_tokens: undefined,
} as const;

const drawingKeys = ["temperature", "top_k", "top_p", "min_p"] as const;

const isNeutral = (key: string, value: unknown): boolean =>
  value === null ||
  without.has(key) ||
  Object.hasOwn(read, key) ||
  (Object.hasOwn(neutral, key) && (neutral[key]!.includes(value) || isEmpty(value)));

const asNumber = (at: string, config: Config, key: keyof typeof read): number | undefined => {
  const value = config[key] ?? read[key];
  check(value === undefined || typeof value === "number", `${at}: ${key} must be a number`, value, "number");
  return value as number | undefined;
};

/** A bias that rules out the tokens of suppress_tokens. */
const suppressed = (at: string, { suppress_tokens: tokens }: Config): Sampling["logitBias"] => {
  if (tokens === undefined || tokens === null || isEmpty(tokens)) return undefined;
  check(
    Array.isArray(tokens) && tokens.every((token) => Number.isInteger(token) && token >= 0),
    `${at}: suppress_tokens must be a list of token ids`,
    tokens,
    "object",
  );
  return Object.fromEntries((tokens as readonly number[]).map((token) => [token, -Infinity]));
};

/**
 * The sampling that a model's generation_config.json states.
 *
 * @param source - the source of a model, here or in a worker
 * @throws RangeError where there is no such file, or where it asks for something that is not supported, which the error names
 */
export const samplingOf = (source: SamplingSource, options: { readonly seed: number }): Sampling => {
  const { seed } = checkKeys("samplingOf", "options", options, { seed: true });
  checkInteger("samplingOf", "seed", seed, Number.MIN_SAFE_INTEGER);
  const config = source?.generationConfig;
  check(config !== undefined, `samplingOf: ${source?.name} must have a generation_config.json`, config);
  const at = `samplingOf: generation_config.json of ${source.name}`;
  const beyond = Object.entries(config).filter(([key, value]) => !isNeutral(key, value));
  check(
    beyond.length === 0,
    `${at} must ask for nothing but ${Object.keys(read).join(", ")}`,
    beyond.map(([key, value]) => `${key} ${show(value)}`).join(", "),
  );
  const drawn = config["do_sample"] ?? false;
  check(typeof drawn === "boolean", `${at}: do_sample must be true or false`, drawn, "boolean");
  const penalty = asNumber(at, config, "repetition_penalty");
  const logitBias = suppressed(at, config);
  const adjustments = {
    ...(penalty !== undefined && penalty !== 1 && { repetitionPenalty: penalty }),
    ...(logitBias && { logitBias }),
  };
  if (!drawn) {
    const unread = drawingKeys.find((key) => (config[key] ?? read[key]) !== read[key]);
    check(
      unread === undefined,
      `${at} must have do_sample true for ${unread} to be read`,
      unread === undefined ? undefined : config[unread],
    );
    return { kind: "greedy", ...adjustments };
  }
  const [temperature, topK, topP, minP] = drawingKeys.map((key) => asNumber(at, config, key));
  const sampling: Sampling = {
    kind: "sample",
    temperature: temperature!,
    seed,
    ...(topK! > 0 && { topK: topK! }),
    ...(topP !== 1 && { topP: topP! }),
    ...(minP !== undefined && minP !== 0 && { minP }),
    ...adjustments,
  };
  startSampling(sampling);
  return sampling;
};
