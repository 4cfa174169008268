/** Reads text and JSON files of a checkpoint. */
import { check } from "@ropewalk/check";
import { parseBounded, type JsonBounds } from "./bounded-json.ts";
import { checkFolder, type CheckpointFolder } from "./checkpoint-folder.ts";
import { checkNoPointer } from "./lfs-pointer.ts";

type FileBounds = JsonBounds & { readonly bytes: number };

/** More than any config takes, and the index of 10,000 layers. */
const small: FileBounds = { bytes: 16_000_000, depth: 100, keys: 150_000, values: 1_000_000 };

/** More than the largest tokenizers take, of 262,144 tokens and twice as many merges, and little enough to be parsed at once. */
const large: FileBounds = { bytes: 128_000_000, depth: 100, keys: 600_000, values: 3_000_000 };

const boundsOf = (name: string): FileBounds => (name === "tokenizer.json" ? large : small);

const readBytes = async (at: string, folder: CheckpointFolder, name: string): Promise<Uint8Array | undefined> => {
  const file = await folder.file(name);
  if (file === undefined) return undefined;
  const { source } = file;
  const { bytes } = boundsOf(name);
  check(source.size <= bytes, `${at} must be at most ${bytes} bytes long`, source.size);
  await checkNoPointer("readJson", name, source);
  return source.read(0, source.size);
};

/** A file's text; undefined where there is none. */
export const readText = async (folder: CheckpointFolder, name: string): Promise<string | undefined> => {
  const bytes = await readBytes(`readText: ${name}`, folder, name);
  return bytes && new TextDecoder().decode(bytes);
};

/**
 * The parsed file; undefined where there is none.
 *
 * @throws RangeError with the file's name when it is no JSON, a git-lfs pointer, or larger than any such file is
 */
export const readJson = async (folder: CheckpointFolder, name: string): Promise<unknown> => {
  checkFolder("readJson", folder);
  const at = `readJson: ${name}`;
  const bytes = await readBytes(at, folder, name);
  if (bytes === undefined) return undefined;
  const parsed = parseBounded(at, boundsOf(name), bytes);
  if (parsed.kind === "value") return parsed.value;
  // JSON allows no byte order mark, and no bytes that are not UTF-8. Other tools write both, so both are accepted here.
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text);
  } catch {
    return check(false, `${at} must be JSON`, text.slice(0, 100));
  }
};
