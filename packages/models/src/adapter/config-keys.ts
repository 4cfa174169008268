/** The keys of adapter_config.json that PEFT writes, and what becomes of each. */

/** Those that are read: what the result hangs on. */
const readKeys: readonly string[] = [
  ...["peft_type", "r", "lora_alpha", "use_rslora", "rank_pattern", "alpha_pattern"],
  ...["target_modules", "exclude_modules", "layers_to_transform", "layers_pattern"],
  ...["bias", "init_lora_weights"],
];

/** Those that name things, or tell how the adapter was trained: the same tensors give the same result whatever they say. */
const withoutEffect: ReadonlySet<string> = new Set([
  ...["auto_mapping", "base_model_name_or_path", "inference_mode", "peft_version", "revision", "task_type"],
  ...["corda_config", "eva_config", "loftq_config", "lora_dropout", "lora_ga_config", "runtime_config"],
  // Only read beside megatron_config and use_qalora.
  ...["megatron_core", "qalora_group_size"],
]);

/** How A and B may have begun: other ways change the weights that they stand beside. */
export const beginnings: ReadonlySet<unknown> = new Set([undefined, true, false, "gaussian", "eva", "orthogonal"]);

/** Whether a value says that something is not asked for. */
const isNothing = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === false ||
  (typeof value === "object" && Object.keys(value).length === 0);

/** The first key that asks for something that is not computed. */
export const askedBeyond = (values: Readonly<Record<string, unknown>>): string | undefined => {
  const known: ReadonlySet<string> = new Set(readKeys);
  return Object.keys(values).find((key) => !known.has(key) && !withoutEffect.has(key) && !isNothing(values[key]));
};
