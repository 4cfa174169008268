/** The numbers of a Gemma 2, read from its config.json. */
import { check } from "@ropewalk/check";
import type { AttentionKind } from "@ropewalk/context-extension";
import {
  configObject,
  nameIn,
  optionalNumber,
  optionalPositiveInteger,
  placeOf,
  states,
  type ConfigNames,
  type ConfigObject,
} from "../../config/config-object.ts";
import type { ContextRules } from "../../config/context.ts";
import { readGemmaShared } from "../gemma/config.ts";
import { layersOf, readLayerTypes, rotating } from "../../config/layer-types.ts";
import type { LlamaConfig } from "../llama/config.ts";

export type Gemma2Config = LlamaConfig & {
  /** The bound of logits; undefined: logits have no bound. */
  readonly logitSoftcap: number | undefined;
};

/** The value of a key, undefined where it is null, or `instead` where the key is absent. */
export const unlessStated = (
  config: ConfigObject,
  key: string,
  read: (config: ConfigObject, key: string) => number | undefined,
  instead: number | undefined,
): number | undefined => (states(config, key) ? read(config, key) : instead);

const positive = (config: ConfigObject, key: string): number | undefined => optionalNumber(config, key, { above: 0 });

/** The bound that a key states, or `instead` where the key is absent. */
export const softcapOf = (config: ConfigObject, key: string, instead: number | undefined): number | undefined =>
  unlessStated(config, key, positive, instead);

/** Scores are scaled by 1 / sqrt(query_pre_attn_scalar), with 256 where the key is absent, and bounded. */
export const gemmaScores = (
  config: ConfigObject,
  softcap: number | undefined,
): Pick<AttentionKind, "scoreScale" | "softcap"> => {
  const bound = softcapOf(config, "attn_logit_softcapping", softcap);
  return {
    scoreScale: 1 / Math.sqrt(positive(config, "query_pre_attn_scalar") ?? 256),
    ...(bound !== undefined && { softcap: bound }),
  };
};

const defaults = { window: 4096, attentionSoftcap: 50, logitSoftcap: 30 } as const;

export const gemma2Context: ContextRules = {
  slidingWindow: (config) => {
    const window = unlessStated(config, "sliding_window", optionalPositiveInteger, defaults.window);
    // The first configs state the window a second time.
    const again = optionalPositiveInteger(config, "sliding_window_size") ?? window;
    check(
      again === window,
      `${placeOf(config, "sliding_window_size")} must be the ${nameIn(config, "sliding_window")} ${window ?? "null"}`,
      again,
    );
    return window;
  },
  // Without a list in the config, every other layer slides, beginning with the first.
  layers: (config) => rotating(readLayerTypes(config) ?? layersOf(config).map((layer) => layer % 2 === 0)),
  scores: (config) => gemmaScores(config, defaults.attentionSoftcap),
};

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readGemma2Config = (json: unknown, names?: ConfigNames): Gemma2Config => {
  const config = configObject("gemma2.read: config.json", json, names);
  return {
    ...readGemmaShared(config, gemma2Context),
    logitSoftcap: softcapOf(config, "final_logit_softcapping", defaults.logitSoftcap),
  };
};
