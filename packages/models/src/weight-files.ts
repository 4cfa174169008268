/**
 * The files that hold a checkpoint's weights: one `model.safetensors`, or the shards that `model.safetensors.index.json`
 * names,
 *
 *     { "weight_map": { "<tensor>": "<file>", … } }
 */
import { check } from "@ropewalk/check";
import { configObject, objectOf } from "./config-object.ts";
import type { CheckpointFile, CheckpointFolder } from "./folder.ts";
import { readJson } from "./json-file.ts";
import { readSafetensorsHeader } from "./safetensors/header.ts";
import type { TensorEntry } from "./safetensors/tensor-entry.ts";

export type WeightFile = { readonly name: string; readonly file: CheckpointFile };

export type Weights = {
  readonly files: readonly WeightFile[];
  readonly tensors: ReadonlyMap<string, TensorEntry>;
};

const single = "model.safetensors";
const index = `${single}.index.json`;

/** A shard lies beside its index: a name with a way in it could lead out of the folder. */
const shardNames = (map: Readonly<Record<string, unknown>>): readonly string[] => {
  for (const [tensor, shard] of Object.entries(map)) {
    check(typeof shard === "string", `loadCheckpoint: ${index}: ${tensor} must name a file`, shard, "string");
    check(
      /^[^/\\\0]+\.safetensors$/.test(shard),
      `loadCheckpoint: ${index}: ${tensor} must be in a .safetensors file of the same folder`,
      shard,
    );
  }
  const names = [...new Set(Object.values(map) as readonly string[])].toSorted();
  check(names.length > 0, `loadCheckpoint: ${index}: weight_map must name a file for each tensor`, undefined);
  return names;
};

/** Whether a folder has weights in safetensors. */
export const hasWeights = async (folder: CheckpointFolder): Promise<boolean> =>
  ((await folder.file(single)) ?? (await folder.file(index))) !== undefined;

const openShard = async (folder: CheckpointFolder, name: string): Promise<WeightFile> => {
  const file = await folder.file(name);
  check(file !== undefined, `loadCheckpoint: ${folder.name} must have the shard ${name} that ${index} names`, file);
  return { name, file };
};

/** Each tensor stands in one file, and where there is an index, in the one that it names. */
const joined = (
  entries: readonly TensorEntry[],
  map: Readonly<Record<string, unknown>> | undefined,
): ReadonlyMap<string, TensorEntry> => {
  const tensors = new Map<string, TensorEntry>();
  for (const entry of entries) {
    const { name, file } = entry;
    const other = tensors.get(name);
    check(other === undefined, `loadCheckpoint: ${name} must be in one file`, [other?.file, file]);
    if (map)
      check(map[name] === file, `loadCheckpoint: ${index}: ${name} must be in ${file}, which holds it`, map[name]);
    tensors.set(name, entry);
  }
  for (const [name, file] of Object.entries(map ?? {}))
    check(tensors.has(name), `loadCheckpoint: ${String(file)} must hold ${name}, as ${index} says`, undefined);
  return tensors;
};

/**
 * @throws RangeError and TypeError naming the file and the tensor when a file is missing or is no safetensors file, or the
 *   index and its shards contradict each other
 */
export const readWeights = async (folder: CheckpointFolder): Promise<Weights> => {
  const whole = await folder.file(single);
  const stated = whole ? undefined : await readJson(folder, index);
  check(
    whole !== undefined || stated !== undefined,
    `loadCheckpoint: ${folder.name} must have its weights in ${single}, or in shards that ${index} names`,
    undefined,
  );
  const map =
    stated === undefined ? undefined : objectOf(configObject(`loadCheckpoint: ${index}`, stated), "weight_map");
  check(whole !== undefined || map !== undefined, `loadCheckpoint: ${index}: weight_map must be an object`, map);
  const files = whole
    ? [{ name: single, file: whole }]
    : await Promise.all(shardNames(map!.values).map((name) => openShard(folder, name)));
  const headers = await Promise.all(files.map(({ name, file }) => readSafetensorsHeader(name, file.source)));
  return { files, tensors: joined(headers.flat(), map?.values) };
};
