/** The configs of an extended model, from the export's configs alone: for programs that read configs before the model. */
import { checkKeys, type Keys } from "@ropewalk/check";
import { extendContext, recordOf, type ContextExtension } from "@ropewalk/context-extension";
import { readRotation, type ExtensionEntry, type Context } from "@ropewalk/models";
import { checkExtension } from "./check-options.ts";
import { inNameOf } from "../errors.ts";
import {
  extendedConfig,
  extendedTokenizerConfig,
  headDimOf,
  jsonObject,
  type Json,
  type NewLimits,
} from "../config/config-files.ts";
import { maxTokens } from "../rewrite/portable/position-pages.ts";
import { byRuntime, type Runtime } from "../rewrite/runtime.ts";

export type ConfigOptions = {
  readonly extension: ContextExtension;
  /** The export's parsed config.json. */
  readonly config: unknown;
  /** The parsed tokenizer_config.json, if there is one. */
  readonly tokenizerConfig?: unknown;
  /** Who keeps the cache, as for `extendExport`. Absent: "portable". */
  readonly runtime?: Runtime;
};

const optionKeys: Keys<ConfigOptions> = { extension: true, config: true, tokenizerConfig: true, runtime: true };

export type ExtendedConfigs = {
  readonly capacity: number;
  /** `max_position_embeddings` is the capacity. */
  readonly config: Json;
  /** `model_max_length`, if there is one, is at least the capacity, since a tokenizer cuts longer texts. Undefined if none was given. */
  readonly tokenizerConfig: Json | undefined;
};

const configsUnder = ({ extension, runtime = "portable", ...given }: ConfigOptions): ExtendedConfigs => {
  const config = jsonObject("config.json", given.config);
  const known: Context = readRotation(config, { headDim: headDimOf(config) });
  const slidesInPart =
    known.attention?.some((kind) => kind.slidingWindow !== undefined) && known.slidingWindow === undefined;
  const capacity = Math.min(extendContext(known, extension).capacity, maxTokens);
  const ropewalk = byRuntime<ExtensionEntry | undefined>(runtime, {
    portable: () => undefined,
    ropewalk: () => ({ trainedContext: known.trainedContext, extension: recordOf(extension) }),
  });
  const limits: NewLimits = {
    capacity,
    ...(extension.positions === undefined || slidesInPart ? {} : { slidingWindow: null }),
    ...(ropewalk && { ropewalk }),
  };
  return {
    capacity,
    config: extendedConfig(config, limits),
    tokenizerConfig:
      given.tokenizerConfig === undefined
        ? undefined
        : extendedTokenizerConfig(jsonObject("tokenizer_config.json", given.tokenizerConfig), limits),
  };
};

/**
 * The configs of an extended model. If the graph has windows that config.json does not state, `extendExport` knows more.
 *
 * @throws RangeError and TypeError naming the key, the rule and the value
 */
export const extendConfigs = (options: ConfigOptions): ExtendedConfigs =>
  inNameOf("extendConfigs", () => {
    checkKeys("extendConfigs", "options", options, optionKeys);
    checkExtension("extendConfigs", options.extension);
    return configsUnder(options);
  });
