/** The keys of adapter_config.json that PEFT writes: which are read, which have no effect, and which are refused. */

/** Keys that are read: the result depends on them. */
const readKeys: ReadonlySet<string> = new Set([
  "alpha_pattern",
  "bias",
  "exclude_modules",
  "init_lora_weights",
  "layers_pattern",
  "layers_to_transform",
  "lora_alpha",
  "peft_type",
  "r",
  "rank_pattern",
  "target_modules",
  "use_rslora",
]);

/** Keys that name things, or say how the adapter was trained: whatever they say, the same tensors give the same result. */
const withoutEffect: ReadonlySet<string> = new Set([
  "auto_mapping",
  "base_model_name_or_path",
  "corda_config",
  "eva_config",
  "inference_mode",
  "loftq_config",
  "lora_dropout",
  "lora_ga_config",
  // PEFT reads this one only beside megatron_config.
  "megatron_core",
  "peft_version",
  // PEFT reads this one only where use_qalora is true.
  "qalora_group_size",
  "revision",
  "runtime_config",
  "task_type",
]);

/** Values of init_lora_weights that leave the model's own weights as they are. Others change them. */
export const harmlessInitializations: ReadonlySet<unknown> = new Set([
  undefined,
  true,
  false,
  "gaussian",
  "eva",
  "orthogonal",
]);

/** Whether a value means that a feature is not used. */
const isUnused = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === false ||
  (typeof value === "object" && Object.keys(value).length === 0);

/** The first key that asks for something that is not computed. */
export const unsupportedKey = (values: Readonly<Record<string, unknown>>): string | undefined =>
  Object.keys(values).find((key) => !readKeys.has(key) && !withoutEffect.has(key) && !isUnused(values[key]));
