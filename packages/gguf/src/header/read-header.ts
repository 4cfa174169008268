/**
 * The header of a GGUF file. The file is, in bytes, little-endian:
 *
 *     4       "GGUF"
 *     4       the version, 2 or 3
 *     8, 8    how many tensors, and how many keys of metadata
 *     …       the metadata, then an entry for each tensor
 *     …       the data, which begins at a multiple of general.alignment (32 where that key is absent), as each tensor in it does
 *
 * https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
import { check } from "@ropewalk/check";
import type { ByteSource } from "../byte-source.ts";
import { cursorOver } from "./cursor.ts";
import { countedKey, readCount, readMetadata, type Metadata } from "./metadata.ts";
import { countedTensor, readTensorEntry, type GgufTensor, type TensorInData } from "./tensor-entry.ts";

/** What one file states. */
export type GgufHeader = {
  readonly metadata: Metadata;
  /** In the order of their places. */
  readonly tensors: readonly GgufTensor[];
};

const [magic, versions, defaultAlignment] = ["GGUF", [2, 3], 32] as const;

const readVersion = (at: string, version: number): void => {
  // The bytes of a small number in the other order.
  const swapped = version >>> 24;
  if ((version & 0xffffff) === 0 && swapped !== 0)
    throw new RangeError(`${at}: the file must be little-endian, got version ${swapped} in big-endian order`);
  check((versions as readonly number[]).includes(version), `${at}: the version must be 2 or 3`, version);
};

const alignmentOf = (at: string, metadata: Metadata): number => {
  const key = "general.alignment";
  const stated = metadata.get(key) ?? defaultAlignment;
  const isPower = typeof stated === "number" && stated >= 1 && stated <= 2 ** 20 && Number.isInteger(Math.log2(stated));
  check(isPower, `${at}: ${key} must be a power of two from 1 to 2^20`, stated);
  return stated;
};

/** Checks that the tensors lie in the data, aligned, and none in another. */
const checkPlaces = (at: string, alignment: number, size: number, tensors: readonly TensorInData[]): void => {
  let [end, before] = [0, ""];
  for (const { name, offset, length } of tensors) {
    const where = `${at}: ${name} must`;
    check(offset % alignment === 0, `${where} begin at a multiple of ${alignment} bytes`, offset);
    check(offset >= end, `${where} begin where ${before} ends or later, at byte ${end} of the data`, offset);
    check(offset + length <= size, `${where} end within the ${size} bytes of data that the file has`, offset + length);
    end = offset + length;
    before = name;
  }
};

/**
 * Reads what a file states. The data is not read.
 *
 * @param file - the file's name, for the entries and for errors
 * @throws RangeError naming the file, the key or tensor, the rule and the value
 */
export const readGgufHeader = async (file: string, source: ByteSource): Promise<GgufHeader> => {
  const at = `readGguf: ${file}`;
  const cursor = cursorOver(at, source);
  check(source.size >= 24, `${at}: the file must have at least 24 bytes`, source.size);
  await cursor.need("the beginning", 24);
  const first = String.fromCharCode(...cursor.bytes(4));
  check(first === magic, `${at}: the file must begin with the letters ${magic}`, first);
  readVersion(at, cursor.uint32());
  const numTensors = await readCount(cursor, "the number of tensors", countedTensor);
  const numKeys = await readCount(cursor, "the number of keys", countedKey);
  const metadata = await readMetadata(cursor, numKeys);
  const entries: TensorInData[] = [];
  const names = new Set<string>();
  for (let index = 0; index < numTensors; index++) {
    const entry = await readTensorEntry(cursor, index);
    check(!names.has(entry.name), `${at}: the header must have each tensor once`, entry.name);
    names.add(entry.name);
    entries.push(entry);
  }
  const alignment = alignmentOf(at, metadata);
  const start = Math.ceil(cursor.taken() / alignment) * alignment;
  const tensors = entries.toSorted((a, b) => a.offset - b.offset || a.length - b.length);
  checkPlaces(at, alignment, Math.max(0, source.size - start), tensors);
  return { metadata, tensors: tensors.map((entry) => ({ ...entry, file, offset: start + entry.offset })) };
};
