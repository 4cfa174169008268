/** Text and JSON files of a checkpoint. */
import { check } from "@ropewalk/check";
import type { CheckpointFolder } from "./folder.ts";

const parse = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
};

/** A file's text; undefined where there is none. */
export const readText = async (folder: CheckpointFolder, name: string): Promise<string | undefined> => {
  const file = await folder.file(name);
  return file && new TextDecoder().decode(await file.source.read(0, file.source.size));
};

/**
 * The parsed file; undefined where there is none.
 *
 * @throws RangeError with the file's name when it is no JSON
 */
export const readJson = async (folder: CheckpointFolder, name: string): Promise<unknown> => {
  const text = await readText(folder, name);
  if (text === undefined) return undefined;
  const parsed = parse(text);
  check(parsed !== undefined, `readJson: ${name} must be JSON`, text);
  return parsed.value;
};
