/** Checks that an index and its shards agree on the tensors that a decoder reads. Other tensors are not looked at. */
import { check } from "@ropewalk/check";
import type { TensorEntry } from "../safetensors/tensor-entry.ts";
import { indexName, type Weights } from "./weight-files.ts";

/** The tensors by name; of two with the same name, the first. */
export const byName = (entries: readonly TensorEntry[]): ReadonlyMap<string, TensorEntry> => {
  const tensors = new Map<string, TensorEntry>();
  for (const entry of entries) if (!tensors.has(entry.name)) tensors.set(entry.name, entry);
  return tensors;
};

/**
 * Checks that each tensor that is read is in one file, and where there is an index, in the file that the index names.
 *
 * @param read - the names of the tensors that are read, as the files have them
 * @throws RangeError naming the tensor and the files
 */
export const checkIndex = ({ entries, index }: Pick<Weights, "entries" | "index">, read: ReadonlySet<string>): void => {
  const held = new Map<string, string>();
  for (const { name, file } of entries) {
    if (!read.has(name)) continue;
    const other = held.get(name);
    check(other === undefined, `loadCheckpoint: ${name} must be in one file`, [other, file]);
    check(
      index === undefined || index.get(name) === file,
      `loadCheckpoint: ${indexName}: ${name} must be in ${file}, which holds it`,
      index?.get(name),
    );
    held.set(name, file);
  }
  for (const [name, file] of index ?? [])
    check(
      held.has(name) || !read.has(name),
      `loadCheckpoint: ${file} must hold ${name}, as ${indexName} says`,
      undefined,
    );
};

/** The name and the file of every tensor: by the headers of the files that were opened, and by the index for the others. */
export const namesOf = ({ files, entries, index }: Weights): readonly (readonly [name: string, file: string])[] => {
  const opened = new Set(files.map(({ name }) => name));
  return [
    ...entries.map(({ name, file }) => [name, file] as const),
    ...[...(index ?? [])].filter(([, file]) => !opened.has(file)),
  ];
};
