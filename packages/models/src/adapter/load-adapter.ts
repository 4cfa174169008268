/**
 * Reads an adapter's folder in PEFT's layout: adapter_config.json, and adapter_model.safetensors with two matrices for each module,
 *
 *   base_model.model.<module>.lora_A.weight   A [rank, in]
 *   base_model.model.<module>.lora_B.weight   B [out, rank]
 */
import { check, showName } from "@ropewalk/check";
import { checkFolder, type CheckpointFolder } from "../folder/checkpoint-folder.ts";
import { readJson } from "../folder/json-file.ts";
import { readSafetensorsHeader } from "../safetensors/read-header.ts";
import type { DenseTensor } from "../safetensors/encode-tensors.ts";
import type { TensorEntry } from "../safetensors/tensor-entry.ts";
import { weightTypes } from "../checkpoint/weight-source.ts";
import { upcast } from "../checkpoint/upcast.ts";
import type { TunedExtension } from "../tuned/extension-entry.ts";
import { readTunedUnder } from "./tuned-under.ts";
import { readAdapterConfig, type AdapterConfig } from "./adapter-config.ts";

export const configFile = "adapter_config.json";
export const weightsFile = "adapter_model.safetensors";

export type Side = "A" | "B";

/** The name of a module's matrix in the file. */
export const adapterTensor = (module: string, side: Side): string => `base_model.model.${module}.lora_${side}.weight`;

export type AdapterMatrix = DenseTensor;

export type AdapterModule = Readonly<Record<Side, AdapterMatrix>> & {
  readonly rank: number;
  /** The factor of the product B A. */
  readonly scale: number;
};

export type Adapter = {
  readonly kind: "adapter";
  readonly name: string;
  /** By the module's name, such as `model.layers.0.self_attn.q_proj`. */
  readonly modules: ReadonlyMap<string, AdapterModule>;
  /** Which modules have an adapter, as the config says. */
  readonly targets: AdapterConfig["targets"];
  /** The extension and the window that it was learned under; absent where the folder does not say. */
  readonly tuned?: TunedExtension;
};

const placeOf = ({ name }: TensorEntry): { readonly module: string; readonly side: Side } | undefined => {
  const found = /^base_model\.model\.(.+)\.lora_([AB])\.weight$/.exec(name);
  return found === null ? undefined : { module: found[1]!, side: found[2] as Side };
};

/** @throws RangeError when there is none, or the weights are a pickle, which runs code when it is read */
const openWeights = async (folder: CheckpointFolder) => {
  const file = await folder.file(weightsFile);
  const pickled = file === undefined && (await folder.file("adapter_model.bin")) !== undefined;
  check(
    file !== undefined,
    `loadAdapter: ${folder.name} must have ${weightsFile}`,
    pickled ? "adapter_model.bin" : undefined,
  );
  return file.source;
};

/**
 * Reads an adapter, its matrices upcast to float32.
 *
 * @throws RangeError and TypeError naming the file, the key or tensor, the rule and the values: for a key that asks for something not
 *   computed, for a tensor that is neither A nor B or has another rank than the config states, and for an element that is not finite
 */
export const loadAdapter = async (folder: CheckpointFolder): Promise<Adapter> => {
  checkFolder("loadAdapter", folder);
  const json = await readJson(folder, configFile);
  check(json !== undefined, `loadAdapter: ${folder.name} must have ${configFile}`, json);
  const { targets, numbersOf } = readAdapterConfig(json);
  const source = await openWeights(folder);
  const at = `loadAdapter: ${weightsFile}:`;
  const sides = new Map<string, Partial<Record<Side, AdapterMatrix>>>();
  for (const entry of await readSafetensorsHeader(weightsFile, source)) {
    const { name, dims, offset, length } = entry;
    const place = placeOf(entry);
    const shown = showName(name);
    check(place !== undefined, `${at} ${shown} must be named ${adapterTensor("<module>", "A")}, or lora_B`, dims);
    const { module, side } = place;
    const { rank } = numbersOf(module);
    const wanted = side === "A" ? `[${rank}, in]` : `[out, ${rank}]`;
    check(dims.length === 2 && dims[side === "A" ? 0 : 1] === rank, `${at} ${shown} must be ${wanted}`, dims);
    const type = weightTypes[entry.type];
    check(type !== undefined, `${at} ${shown} must be of type ${Object.keys(weightTypes).join(", ")}`, entry.type);
    const data = upcast(type, await source.read(offset, offset + length));
    const wrong = data.findIndex((element) => !Number.isFinite(element));
    check(wrong < 0, `${at} ${shown} must hold finite numbers, at ${wrong}`, data[wrong]);
    sides.set(module, { ...sides.get(module), [side]: { dims, data } });
  }
  check(sides.size > 0, `${at} there must be tensors, two a module`, undefined);
  const modules = new Map<string, AdapterModule>();
  for (const [module, { A, B }] of sides) {
    check(A !== undefined, `${at} beside ${showName(adapterTensor(module, "B"))} must be its lora_A`, undefined);
    check(B !== undefined, `${at} beside ${showName(adapterTensor(module, "A"))} must be its lora_B`, undefined);
    modules.set(module, { A, B, ...numbersOf(module) });
  }
  const tuned = await readTunedUnder("loadAdapter", folder);
  return { kind: "adapter", name: folder.name, modules, targets, ...(tuned && { tuned }) };
};
