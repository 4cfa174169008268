/**
 * The header of a safetensors file. The file is, in bytes:
 *
 *     8    n, unsigned, little-endian
 *     n    a JSON object: a name and place for each tensor, and "__metadata__", texts by name
 *     …    the data; places count from here, and together they cover it without gap or overlap
 *
 * https://huggingface.co/docs/safetensors
 */
import { check } from "@ropewalk/check";
import { configObject } from "../config-object.ts";
import type { ByteSource } from "../folder.ts";
import { repeatedKey } from "./repeated-key.ts";
import { tensorEntry, type TensorEntry } from "./tensor-entry.ts";

/** In bytes; the limit of the format's own readers. */
const longestHeader = 100_000_000;

const parse = (at: string, bytes: Uint8Array): { readonly text: string; readonly value: unknown } => {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text, value: JSON.parse(text) };
  } catch (error) {
    throw new RangeError(`${at} must be JSON in UTF-8, got ${String(error)}`, { cause: error });
  }
};

/** The header, and how many bytes it has. */
const readHeader = async (
  at: string,
  source: ByteSource,
): Promise<{ readonly length: number; readonly header: Readonly<Record<string, unknown>> }> => {
  check(source.size >= 8, `${at}: the file must have at least 8 bytes`, source.size);
  const prefix = await source.read(0, 8);
  const stated = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  check(stated <= longestHeader, `${at}: the header must be at most ${longestHeader} bytes long`, stated);
  const length = Number(stated);
  check(
    8 + length <= source.size,
    `${at}: the file must be whole, at least 8 + ${length} bytes for its header`,
    source.size,
  );
  const { text, value } = parse(`${at}: the header`, await source.read(8, 8 + length));
  const header = configObject(`${at}: the header`, value).values;
  const repeated = repeatedKey(text);
  check(repeated === undefined, `${at}: the header must have each name once`, repeated);
  return { length, header };
};

/** The data must be covered without gap or overlap. */
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

/**
 * Reads where each tensor of a safetensors file lies, in the order of their places. The data is not read.
 *
 * @param file - the file's name, for the entries and for errors
 * @throws RangeError and TypeError naming the file, the tensor, the rule and the values when the header is not one, or does
 *   not fit the file
 */
export const readSafetensorsHeader = async (file: string, source: ByteSource): Promise<readonly TensorEntry[]> => {
  const at = `readSafetensorsHeader: ${file}`;
  const { length, header } = await readHeader(at, source);
  const data = { file, start: 8 + length, length: source.size - 8 - length };
  const { __metadata__: metadata = {}, ...tensors } = header;
  for (const [key, value] of Object.entries(configObject(`${at}: __metadata__`, metadata).values))
    check(typeof value === "string", `${at}: __metadata__: ${key} must be text`, value, "string");
  const entries = Object.entries(tensors)
    .map(([name, stated]) => tensorEntry(data, name, stated))
    .toSorted((a, b) => a.offset - b.offset || a.length - b.length);
  checkCover(at, data, entries);
  return entries;
};
