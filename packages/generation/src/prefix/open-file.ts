/** Opens a prefix from a file. Its model and tokens are checked before any memory is taken; then its arrays are brought to the backend. */
import { check, checkInteger } from "@ropewalk/check";
import { farFrom, type ExtendedDecoder } from "@ropewalk/decoder";
import {
  startHashChain,
  readSafetensors,
  extendHashChain,
  type ByteSource,
  type SafetensorsHeader,
  type TensorEntry,
} from "@ropewalk/models";
import type { BufferType } from "@ropewalk/backend";
import { releaseCache, type KeyValueCache } from "../cache/cache.ts";
import { progressedCache, storedArrays, type ElementRun, type StoredArray } from "../cache/stored-arrays.ts";
import { transferOn, type HostElements, type Transfer } from "../cache/transfer.ts";
import { checkFileOptions } from "./check-prefix-options.ts";
import { checkIds } from "../run/check-ids.ts";
import { checkOpen } from "../model/loaded-model.ts";
import { batchesOf, checkSame, identityOf, recordIn, tensorsOf, widthOf, type PrefixRecord } from "./file-format.ts";
import type { Prefix } from "./prefix.ts";
import { prefixOf, type Reader } from "./read-prompt.ts";
import type { FileOptions } from "./save-file.ts";

/** The header, the record and the tokens of a file. */
type Stated = {
  readonly header: SafetensorsHeader;
  readonly record: PrefixRecord;
  readonly ids: readonly number[];
};

/** The bytes in a buffer of their own, so that an array of any type can begin there. */
const aligned = (bytes: Uint8Array): ArrayBuffer => {
  const { buffer, byteOffset, byteLength } = bytes;
  return byteOffset === 0 && byteLength === buffer.byteLength
    ? (buffer as ArrayBuffer)
    : (bytes.slice().buffer as ArrayBuffer);
};

const elements: Readonly<Record<BufferType, (bytes: ArrayBuffer) => HostElements>> = {
  float32: (bytes) => new Float32Array(bytes),
  float16: (bytes) => new Uint16Array(bytes),
  int8: (bytes) => new Int8Array(bytes),
};

export const readStated = async (where: string, source: ByteSource): Promise<Stated> => {
  const header = await readSafetensors(where, source).catch((error: Error) => {
    const rule = error.message.replace(/^readSafetensorsHeader: /, "");
    throw error instanceof TypeError ? new TypeError(rule, { cause: error }) : new RangeError(rule, { cause: error });
  });
  const record = recordIn(where, header);
  const found = header.entries[0];
  check(
    found?.name === "ids" && found.type === "I32" && found.dims.length === 1 && found.length > 0,
    `${where}: the first tensor must be ids, of I32 [tokens]`,
    found && `${found.name}, ${found.type} [${found.dims.join(", ")}]`,
  );
  const bytes = await source.read(found.offset, found.offset + found.length);
  return { header, record, ids: [...new Int32Array(aligned(bytes))] };
};

/** Checks how many tokens of each group are said to have settled. */
const checkSettled = (where: string, { groups }: ExtendedDecoder, length: number, settled: readonly number[]): void => {
  check(
    settled.length === groups.length,
    `${where}: settled must have a number for each of ${groups.length} groups`,
    settled,
  );
  groups.forEach(({ attentionPath }, place) => {
    const most =
      attentionPath.kind === "window" || attentionPath.kind === "masked"
        ? 0
        : Math.max(0, farFrom(attentionPath, length));
    checkInteger(where, `settled of group ${place}`, settled[place]!, 0, most);
  });
};

const shown = ({ name, type, dims }: Pick<TensorEntry, "name" | "type" | "dims">): string =>
  `${name}, ${type} [${dims.join(", ")}]`;

/** Checks that a file has the tensors of a cache that has come this far, and no others. */
const checkTensors = (
  where: string,
  { entries }: SafetensorsHeader,
  tokens: number,
  arrays: readonly StoredArray[],
): void => {
  const wanted = tensorsOf(tokens, arrays);
  for (let at = 0; at < Math.max(wanted.length, entries.length); at++) {
    const [want, found] = [wanted[at], entries[at]].map((each) => each && shown(each));
    check(want === found, `${where}: tensor ${at} must be ${want ?? "none"}`, found);
  }
};

type Filling = {
  readonly where: string;
  readonly source: ByteSource;
  readonly header: SafetensorsHeader;
  readonly arrays: readonly StoredArray[];
  readonly transfer: Transfer;
};

const put = ({ buffer, type }: StoredArray, data: HostElements, batch: readonly ElementRun[]): void => {
  const tensor = { place: "host", type, dims: [data.length], data } as const;
  let from = 0;
  for (const { from: to, length } of batch) {
    buffer.write(tensor, { from, fromStride: 0, to, toStride: 0, length, count: 1 });
    from += length;
  }
};

const flushEvery = 1 << 26;

/** Fills the arrays from the file. @throws RangeError where the contents are not those that were written */
const fill = async (
  { where, source, header: { entries }, arrays, transfer }: Filling,
  { signal, onProgress }: FileOptions,
): Promise<void> => {
  const first = entries[0]!;
  let hash = await extendHashChain(startHashChain(), await source.read(0, first.offset));
  hash = await extendHashChain(hash, await source.read(first.offset, first.offset + first.length));
  let waiting = 0;
  for (const [index, array] of arrays.entries()) {
    let { offset } = entries[index + 1]!;
    for (const batch of batchesOf(array.type, array.runs)) {
      signal?.throwIfAborted();
      const size = widthOf(array.type) * batch.reduce((sum, { length }) => sum + length, 0);
      const bytes = await source.read(offset, offset + size);
      hash = await extendHashChain(hash, bytes);
      put(array, elements[array.type](aligned(bytes)), batch);
      offset += size;
      waiting += size;
      if (waiting >= flushEvery) {
        await transfer.flush(array.buffer);
        waiting = 0;
      }
      onProgress?.(offset, source.size);
    }
  }
  if (arrays.length > 0) await transfer.flush(arrays.at(-1)!.buffer);
  const last = entries.at(-1)!;
  const contents = await source.read(last.offset, last.offset + last.length);
  const [written, found] = [contents, hash].map((bytes) =>
    [...bytes.subarray(0, 6)].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
  );
  check(
    contents.every((byte, at) => byte === hash[at]),
    `${where} must be as it was written, with contents of the hash ${written}`,
    found,
  );
  onProgress?.(source.size, source.size);
};

const cacheIn = async (
  { graph: { backend, extended } }: Reader,
  { where, source }: Pick<Filling, "where" | "source">,
  { header, record, ids }: Stated,
  options: FileOptions,
): Promise<KeyValueCache> => {
  const { settled, planned } = record;
  const cache = progressedCache(backend, extended, { ids: ids.slice(0, -1), settled, planned });
  const transfer = transferOn(backend);
  try {
    const arrays = storedArrays(cache);
    checkTensors(where, header, ids.length, arrays);
    await fill({ where, source, header, arrays, transfer }, options);
    return cache;
  } catch (error) {
    releaseCache(cache);
    throw error;
  } finally {
    await transfer.end();
  }
};

/**
 * Opens a prefix that `save` wrote.
 *
 * @throws RangeError or TypeError naming the file and both values, where the prefix belongs to other weights, another extension or another
 *   precision, where the file is no prefix or not whole, or where an id is outside the vocabulary. Nothing is held then
 * @throws whatever the signal was aborted with
 */
export const openPrefix = async (reader: Reader, path: string | URL, options: FileOptions = {}): Promise<Prefix> => {
  const { loaded, graph, extension } = reader;
  checkOpen("open", loaded);
  checkFileOptions("open", options);
  options.signal?.throwIfAborted();
  const { withFile } = await import("@ropewalk/models/files");
  return withFile("open", path, async (source) => {
    const where = `open: ${path instanceof URL ? path.href : path}`;
    const stated = await readStated(where, source);
    const { record, ids } = stated;
    checkSame(where, record, await identityOf(graph.extended, extension, loaded.fingerprint));
    checkIds(where, ids, graph.extended.decoder.vocabSize);
    checkSettled(where, graph.extended, ids.length - 1, record.settled);
    const cache = await cacheIn(reader, { where, source }, stated, options);
    try {
      checkOpen("open", loaded);
      return prefixOf(reader, ids, cache);
    } catch (error) {
      releaseCache(cache);
      throw error;
    }
  });
};
