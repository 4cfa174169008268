/** The files of an adapter's folder as PEFT writes them, with every key of its config. */
import { check, checkConfig, checkNumber, positive } from "@ropewalk/check";
import { once, type ConvertedFile } from "../quantize/convert-checkpoint.ts";
import { tunedFile } from "./tuned-under.ts";
import type { ExtensionEntry } from "../tuned/extension-entry.ts";
import { safetensorsOf } from "../safetensors/encode-tensors.ts";
import { configFile, adapterTensor, weightsFile, type AdapterMatrix, type Side } from "./load-adapter.ts";

/** The numbers and names that an adapter's config states. */
export type LoraNumbers = {
  readonly rank: number;
  /** α; the product B A counts α / rank. */
  readonly alpha: number;
  /** The last parts of the names of the modules that have an adapter, such as `q_proj`. */
  readonly targets: readonly string[];
  /** The name of the model that the adapter was learned for. */
  readonly baseModel: string;
};

/** adapter_config.json with the keys of PEFT 0.21. Features that are not used have the values that PEFT writes for them. */
const configOf = ({ rank, alpha, targets, baseModel }: LoraNumbers): Readonly<Record<string, unknown>> => ({
  alora_invocation_tokens: null,
  alpha_pattern: {},
  arrow_config: null,
  auto_mapping: null,
  base_model_name_or_path: baseModel,
  bias: "none",
  corda_config: null,
  ensure_weight_tying: false,
  eva_config: null,
  exclude_modules: null,
  fan_in_fan_out: false,
  inference_mode: true,
  init_lora_weights: true,
  kasa_config: null,
  layer_replication: null,
  layers_pattern: null,
  layers_to_transform: null,
  loftq_config: {},
  lora_alpha: alpha,
  lora_bias: false,
  lora_dropout: 0,
  lora_ga_config: null,
  megatron_config: null,
  megatron_core: "megatron.core",
  modules_to_save: null,
  monteclora_config: null,
  peft_type: "LORA",
  peft_version: "0.21.0",
  qalora_group_size: 16,
  r: rank,
  rank_pattern: {},
  revision: null,
  target_modules: targets,
  target_parameters: null,
  task_type: "CAUSAL_LM",
  trainable_token_indices: null,
  use_bdlora: null,
  use_dora: false,
  use_qalora: false,
  use_rslora: false,
  velora_config: null,
});

/**
 * The files of an adapter's folder, for `writeFolder` of `@ropewalk/models/node`, to be written in this order.
 *
 * @param tuned - the extension that it was learned under, for a file of its own; absent: no such file is written
 * @param modules - A [rank, in] and B [out, rank] of each module, by its name
 * @throws RangeError when a matrix is of another rank, or there is no module
 */
export const adapterFiles = (
  config: LoraNumbers,
  modules: Readonly<Record<string, Readonly<Record<Side, AdapterMatrix>>>>,
  tuned?: ExtensionEntry,
): readonly ConvertedFile[] => {
  checkConfig<LoraNumbers>("adapterFiles", config, {
    rank: positive,
    alpha: (where, name, value) => checkNumber(where, name, value, Number.isFinite(value), "finite"),
    targets: true,
    baseModel: true,
  });
  const { rank } = config;
  const tensors = Object.entries(modules).flatMap(([module, sides]) =>
    (["A", "B"] as const).map((side) => ({ name: adapterTensor(module, side), side, ...sides[side] })),
  );
  check(tensors.length > 0, "adapterFiles: modules must be at least one", tensors.length);
  tensors.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, side, dims } of tensors) {
    const holds = dims.length === 2 && dims[side === "A" ? 0 : 1] === rank;
    check(holds, `adapterFiles: ${name} must be ${side === "A" ? `[${rank}, in]` : `[out, ${rank}]`}`, dims);
  }
  const named = Object.fromEntries(tensors.map(({ name, dims, data }) => [name, { dims, data }]));
  const asJson = (value: unknown): Iterable<Uint8Array> | AsyncIterable<Uint8Array> =>
    once(new TextEncoder().encode(JSON.stringify(value, null, 2)));
  return [
    ...(tuned === undefined ? [] : [{ name: tunedFile, parts: asJson(tuned) }]),
    { name: weightsFile, parts: safetensorsOf(named, { format: "pt" }) },
    { name: configFile, parts: asJson(configOf(config)) },
  ];
};
