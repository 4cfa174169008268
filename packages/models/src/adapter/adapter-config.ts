/**
 * Reads adapter_config.json, as PEFT writes it for LoRA. The scale of a module's adapter, with the module's own α and r where a pattern
 * gives them:
 *
 *   s = α / r          or, where use_rslora says so, s = α / √r          Kalajdzievski, arXiv 2312.03732
 */
import { check } from "@ropewalk/check";
import { configObject, number, optionalFlag, positiveInteger, valueOf } from "../config/config-object.ts";
import { harmlessInitializations, unsupportedKey } from "./config-keys.ts";
import { readPatterns, type Pattern } from "./number-patterns.ts";
import { readTargets, type Targets } from "./target-modules.ts";

export type AdapterConfig = {
  readonly targets: Targets;
  /** The rank and the scale of a module's adapter. */
  readonly numbersOf: (module: string) => { readonly rank: number; readonly scale: number };
};

const valueFor = (patterns: readonly Pattern[], module: string): number | undefined =>
  patterns.find(({ matches }) => matches(module))?.value;

/** @throws RangeError and TypeError naming the file, the key, the rule and the value; a key that asks for something not computed is one */
export const readAdapterConfig = (json: unknown): AdapterConfig => {
  const config = configObject("loadAdapter: adapter_config.json", json);
  const { at } = config;
  const kind = valueOf(config, "peft_type");
  check(kind === "LORA", `${at}: peft_type must be LORA`, kind, "string");
  const bias = valueOf(config, "bias") ?? "none";
  check(bias === "none", `${at}: bias must be none`, bias, "string");
  const initialization = valueOf(config, "init_lora_weights");
  check(
    harmlessInitializations.has(initialization),
    `${at}: init_lora_weights must be true, false, gaussian, eva or orthogonal, which leave the model's weights as they are`,
    initialization,
  );
  const unsupported = unsupportedKey(config.values);
  check(
    unsupported === undefined,
    `${at}: ${unsupported} must be absent, null, false or empty`,
    config.values[unsupported!],
  );
  const rank = positiveInteger(config, "r");
  const alpha = number(config, "lora_alpha", { above: -Infinity });
  const byRoot = optionalFlag(config, "use_rslora") ?? false;
  const ranks = readPatterns(config, "rank_pattern", { above: 0 });
  const alphas = readPatterns(config, "alpha_pattern", { above: -Infinity });
  for (const { value } of ranks)
    check(Number.isSafeInteger(value), `${at}: rank_pattern must give positive integers`, value);
  return {
    targets: readTargets(config),
    numbersOf: (module) => {
      const own = valueFor(ranks, module) ?? rank;
      return { rank: own, scale: (valueFor(alphas, module) ?? alpha) / (byRoot ? Math.sqrt(own) : own) };
    },
  };
};
