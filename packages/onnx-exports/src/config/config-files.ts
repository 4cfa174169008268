/** Reads numbers from config.json, and writes new limits to config.json, tokenizer_config.json and genai_config.json. */
import type { ExtensionEntry } from "@ropewalk/models";
import { check } from "../errors.ts";

export type Json = Readonly<Record<string, unknown>>;

/**
 * An object of JSON.
 *
 * @throws RangeError that names the file, for any other value
 */
export const jsonObject = (file: string, value: unknown): Json => {
  check(
    typeof value === "object" && value !== null && !Array.isArray(value),
    `${file} must be an object`,
    Array.isArray(value) ? "a list" : value === null ? "null" : typeof value,
  );
  return value as Json;
};

/** A number of config.json, an integer above 0; undefined if it is absent or null. */
export const countOf = (config: Json, key: string): number | undefined => {
  const value = config[key] ?? undefined;
  if (value === undefined) return undefined;
  check(Number.isSafeInteger(value) && (value as number) > 0, `config.json: ${key} must be an integer above 0`, value);
  return value as number;
};

/** The dimensions of a head, which config.json states or implies. */
export const headDimOf = (config: Json): number =>
  countOf(config, "head_dim") ?? neededCount(config, "hidden_size") / neededCount(config, "num_attention_heads");

/** A number of config.json that must be there, an integer above 0. */
export const neededCount = (config: Json, key: string): number => {
  const value = countOf(config, key);
  check(value !== undefined, `config.json: ${key} must be given, since the graph does not say it`, "nothing");
  return value;
};

const slidingType = "sliding_attention";

/** The `layer_types` of a config with one type for all layers; nothing if the config has none. */
const allOfType = ({ layer_types: types }: Json, type: string): Json =>
  Array.isArray(types) ? { layer_types: types.map(() => type) } : {};

/** config.json with the window that an extension turned off in all layers. Any other config stays as it is. */
export const withOwnWindows = (config: Json, window: number | null): Json =>
  config["sliding_window"] === null && typeof window === "number"
    ? { ...config, sliding_window: window, ...allOfType(config, slidingType) }
    : config;

const withWindow = (config: Json, window: number | null): Json => ({
  sliding_window: window,
  ...(window === null && typeof config["sliding_window"] === "number" ? allOfType(config, "full_attention") : {}),
});

export type NewLimits = {
  readonly capacity: number;
  readonly ropewalk?: ExtensionEntry;
  /** Absent: the window stays. */
  readonly slidingWindow?: number | null;
};

/** config.json with the new limits. */
export const extendedConfig = (config: Json, { capacity, slidingWindow, ropewalk }: NewLimits): Json => ({
  ...config,
  max_position_embeddings: capacity,
  ...(ropewalk && { ropewalk }),
  ...(slidingWindow !== undefined && "sliding_window" in config ? withWindow(config, slidingWindow) : {}),
});

/** tokenizer_config.json with the new limit. Tokenizers cut texts that are longer than `model_max_length`. */
export const extendedTokenizerConfig = (tokenizer: Json, { capacity }: Pick<NewLimits, "capacity">): Json => {
  const limit = tokenizer["model_max_length"];
  // No limit is absent, or a huge number.
  return typeof limit !== "number" || limit >= capacity ? tokenizer : { ...tokenizer, model_max_length: capacity };
};

const withoutWindow = (value: unknown): Json => {
  const { sliding_window: _window, ...decoder } = jsonObject("genai_config.json: model.decoder", value);
  return { decoder };
};

/**
 * genai_config.json with the new limits. The cache of a rewritten graph grows with the sequence, so past and present share no
 * buffer, and no layer has a sliding one.
 */
export const extendedGenaiConfig = (genai: Json, { capacity }: NewLimits): Json => {
  const model = jsonObject("genai_config.json: model", genai["model"] ?? {});
  const search = jsonObject("genai_config.json: search", genai["search"] ?? {});
  const decoder = model["decoder"] === undefined ? {} : withoutWindow(model["decoder"]);
  return {
    ...genai,
    model: { ...model, context_length: capacity, ...decoder },
    search: { ...search, max_length: capacity, past_present_share_buffer: false },
  };
};
