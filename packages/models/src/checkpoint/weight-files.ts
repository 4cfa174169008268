/**
 * The files that hold a checkpoint's weights: one `model.safetensors`, or the shards that `model.safetensors.index.json`
 * names,
 *
 *     { "weight_map": { "<tensor>": "<file>", … } }
 */
import { check } from "@ropewalk/check";
import { configObject, objectOf } from "../config/config-object.ts";
import { checkFolder, type CheckpointFile, type CheckpointFolder } from "../folder/checkpoint-folder.ts";
import { readJson } from "../folder/json-file.ts";
import { readSafetensorsHeader } from "../safetensors/read-header.ts";
import type { TensorEntry } from "../safetensors/tensor-entry.ts";

export type WeightFile = { readonly name: string; readonly file: CheckpointFile };

export type Weights = {
  readonly files: readonly WeightFile[];
  /** Every tensor of these files, in the order of the files. */
  readonly entries: readonly TensorEntry[];
  /** The file of each tensor, as the index says; undefined where there is one file and no index. */
  readonly index: ReadonlyMap<string, string> | undefined;
};

const single = "model.safetensors";
export const indexName: string = `${single}.index.json`;

/** Far above any checkpoint that exists. Each shard is a file to open and a header to read. */
const mostShards = 10_000;

/** Reads the weight map. A shard lies beside its index: a name with a / in it could lead out of the folder. */
const readIndex = (map: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> => {
  const at = `loadCheckpoint: ${indexName}`;
  const index = new Map<string, string>();
  for (const [tensor, shard] of Object.entries(map)) {
    check(typeof shard === "string", `${at}: ${tensor} must name a file`, shard, "string");
    check(
      /^[^/\\\0]+\.safetensors$/.test(shard),
      `${at}: ${tensor} must be in a .safetensors file of the same folder`,
      shard,
    );
    index.set(tensor, shard);
  }
  check(index.size > 0, `${at}: weight_map must name a file for each tensor`, undefined);
  const shards = new Set(index.values()).size;
  check(shards <= mostShards, `${at}: weight_map must name at most ${mostShards} files`, shards);
  return index;
};

/** Whether a folder has weights in safetensors or GGUF. */
export const hasWeights = async (folder: CheckpointFolder): Promise<boolean> => {
  checkFolder("hasWeights", folder);
  return folder.gguf !== undefined || ((await folder.file(single)) ?? (await folder.file(indexName))) !== undefined;
};

const openShards = async (
  folder: CheckpointFolder,
  index: ReadonlyMap<string, string>,
  isRead: (tensor: string) => boolean,
): Promise<readonly WeightFile[]> => {
  const named = [...index];
  const read = new Set(named.filter(([tensor]) => isRead(tensor)).map(([, shard]) => shard));
  check(read.size > 0, `loadCheckpoint: ${indexName}: weight_map must name the decoder's tensors`, named[0]![0]);
  const opened: WeightFile[] = [];
  for (const name of [...read].toSorted()) {
    const file = await folder.file(name);
    check(
      file !== undefined,
      `loadCheckpoint: ${folder.name} must have the shard ${name} that ${indexName} names`,
      file,
    );
    opened.push({ name, file });
  }
  return opened;
};

/**
 * Opens the files of weights and reads their headers.
 *
 * @param isRead - whether a tensor of that name may be read; a shard that holds no such tensor is not opened
 * @throws RangeError and TypeError naming the file and the tensor when a file is missing or is no safetensors file
 */
export const readWeights = async (folder: CheckpointFolder, isRead: (tensor: string) => boolean): Promise<Weights> => {
  const whole = await folder.file(single);
  const stated = whole ? undefined : await readJson(folder, indexName);
  check(
    whole !== undefined || stated !== undefined,
    `loadCheckpoint: ${folder.name} must have its weights in ${single}, or in shards that ${indexName} names`,
    undefined,
  );
  const map =
    stated === undefined ? undefined : objectOf(configObject(`loadCheckpoint: ${indexName}`, stated), "weight_map");
  check(whole !== undefined || map !== undefined, `loadCheckpoint: ${indexName}: weight_map must be an object`, map);
  const index = map && readIndex(map.values);
  const files = whole ? [{ name: single, file: whole }] : await openShards(folder, index!, isRead);
  const entries: TensorEntry[] = [];
  // One after another, so that one of many large headers is in memory at a time.
  for (const { name, file } of files)
    for (const entry of await readSafetensorsHeader(name, file.source)) entries.push(entry);
  return { files, entries, index };
};
