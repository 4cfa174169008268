/** A JSON file of a checkpoint. */
import { check } from "./check.ts";
import type { CheckpointFolder } from "./folder.ts";

const parse = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
};

/** The parsed file; undefined where there is none. */
export const readJson = async (folder: CheckpointFolder, name: string): Promise<unknown> => {
  const file = await folder.file(name);
  if (file === undefined) return undefined;
  const text = new TextDecoder().decode(await file.source.read(0, file.source.size));
  const parsed = parse(text);
  check(parsed !== undefined, `loadCheckpoint: ${name} must be JSON`, text);
  return parsed.value;
};
