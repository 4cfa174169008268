/**
 * The header of a safetensors file. The file is, in bytes:
 *
 *     8    n, unsigned, little-endian
 *     n    a JSON object: a name and place for each tensor, and "__metadata__", texts by name
 *     …    the data; places count from here, and together they cover it without gap or overlap
 *
 * https://huggingface.co/docs/safetensors
 */
import { check, showName, withoutControls } from "@ropewalk/check";
import { parseBounded, type JsonBounds } from "../folder/bounded-json.ts";
import { configObject } from "../config/config-object.ts";
import type { ByteSource } from "../folder/checkpoint-folder.ts";
import { checkNoPointer } from "../folder/lfs-pointer.ts";
import { repeatedKey } from "./repeated-key.ts";
import { tensorEntry, type TensorEntry } from "./tensor-entry.ts";

/** In bytes; the limit of the format's own readers. */
const longestHeader = 100_000_000;

const metadataKey = "__metadata__";

/** More than the tensors of 10,000 layers take, at 4 keys and about 10 values each, and few enough to be parsed at once. */
const bounds: JsonBounds = { depth: 8, keys: 500_000, values: 2_000_000 };

/** The header, and how many bytes it has. */
const readHeader = async (
  file: string,
  source: ByteSource,
): Promise<{ readonly length: number; readonly header: Readonly<Record<string, unknown>> }> => {
  const at = `readSafetensorsHeader: ${file}`;
  await checkNoPointer("readSafetensorsHeader", file, source);
  check(source.size >= 8, `${at}: the file must have at least 8 bytes`, source.size);
  const prefix = await source.read(0, 8);
  const stated = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  check(
    stated <= longestHeader,
    `${at}: the file must be safetensors, with a header of at most ${longestHeader} bytes`,
    stated,
  );
  const length = Number(stated);
  check(
    8 + length <= source.size,
    `${at}: the file must be whole, at least 8 + ${length} bytes for its header`,
    source.size,
  );
  const atHeader = `${at}: the header`;
  const parsed = parseBounded(atHeader, bounds, await source.read(8, 8 + length));
  if (parsed.kind === "error")
    throw new RangeError(`${atHeader} must be JSON in UTF-8, got ${withoutControls(String(parsed.error))}`, {
      cause: parsed.error,
    });
  const header = configObject(atHeader, parsed.value).values;
  const repeated = repeatedKey(parsed.text);
  check(repeated === undefined, `${at}: the header must have each name once`, repeated);
  return { length, header };
};

/** Checks that the tensors cover the data without gap or overlap. */
const checkCover = (
  at: string,
  { start, length }: { readonly start: number; readonly length: number },
  entries: readonly TensorEntry[],
): void => {
  let end = start;
  let before = "the header";
  for (const { name, offset, length: size } of entries) {
    check(
      offset === end,
      `${at}: ${name} must begin where ${before} ends, at byte ${end - start} of the data`,
      offset - start,
    );
    end = offset + size;
    before = name;
  }
  check(end === start + length, `${at}: the data must end with ${before}, at byte ${end - start}`, length);
};

export type SafetensorsHeader = {
  /** In the order of their places. */
  readonly entries: readonly TensorEntry[];
  /** Texts by name; empty where the file has none. */
  readonly metadata: Readonly<Record<string, string>>;
};

/**
 * Reads where each tensor of a safetensors file lies, and the file's metadata. The data is not read.
 *
 * @param file - the file's name, for the entries and for errors
 * @throws RangeError and TypeError naming the file, the tensor, the rule and the values when the header is not one, or does
 *   not fit the file
 */
export const readSafetensors = async (file: string, source: ByteSource): Promise<SafetensorsHeader> => {
  const at = `readSafetensorsHeader: ${file}`;
  const { length, header } = await readHeader(file, source);
  const data = { file, start: 8 + length, length: source.size - 8 - length };
  const stated = header[metadataKey] ?? (Object.hasOwn(header, metadataKey) ? null : {});
  const metadata = configObject(`${at}: ${metadataKey}`, stated).values;
  for (const [key, value] of Object.entries(metadata))
    check(typeof value === "string", `${at}: ${metadataKey}: ${showName(key)} must be text`, value, "string");
  const entries: TensorEntry[] = [];
  for (const name in header) if (name !== metadataKey) entries.push(tensorEntry(data, name, header[name]));
  entries.sort((a, b) => a.offset - b.offset || a.length - b.length);
  checkCover(at, data, entries);
  return { entries, metadata: metadata as Readonly<Record<string, string>> };
};

/** The places of `readSafetensors`, without the metadata. */
export const readSafetensorsHeader = async (file: string, source: ByteSource): Promise<readonly TensorEntry[]> =>
  (await readSafetensors(file, source)).entries;
