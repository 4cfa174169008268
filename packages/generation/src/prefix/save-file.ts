/** Saves a prefix to a file: the arrays of its cache, one by one, as they lie on the backend. */
import type { Backend } from "@ropewalk/backend";
import { encodeSafetensorsHeader, startHashChain, extendHashChain } from "@ropewalk/models";
import { forkCache } from "../cache/fork-cache.ts";
import { releaseCache, type KeyValueCache } from "../cache/cache.ts";
import { storedArrays, type ElementRun, type StoredArray } from "../cache/stored-arrays.ts";
import { transferOn, type HostElements, type Transfer } from "../cache/transfer.ts";
import { checkFileOptions } from "./check-prefix-options.ts";
import { checkOpen } from "../model/loaded-model.ts";
import { batchesOf, identityOf, metadataOf, tensorsOf, widthOf } from "./file-format.ts";
import { checkUsable, type Prefix } from "./prefix.ts";
import type { Reader } from "./read-prompt.ts";

export type FileOptions = {
  readonly signal?: AbortSignal;
  /** Called from time to time with the number of bytes done and of all bytes. */
  readonly onProgress?: (done: number, total: number) => void;
};

const bytesOf = ({ buffer, byteOffset, byteLength }: HostElements | Int32Array): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

/** The elements of a batch, one after the other, in memory of their own. */
const gathered = async (
  { read }: Transfer,
  { type, buffer }: StoredArray,
  batch: readonly ElementRun[],
): Promise<Uint8Array> => {
  const width = widthOf(type);
  const size = batch.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(width * size);
  const [first, last] = [batch[0]!, batch.at(-1)!];
  const span = last.from + last.length - first.from;
  // Runs that lie close together are brought from a device in one piece.
  const isClose = span <= 2 * size && first.from % 2 === 0 && span % 2 === 0;
  const all = isClose ? bytesOf(await read(buffer, first.from, span)) : undefined;
  let at = 0;
  for (const { from, length } of batch) {
    const begin = width * (from - first.from);
    bytes.set(all?.subarray(begin, begin + width * length) ?? bytesOf(await read(buffer, from, length)), at);
    at += width * length;
  }
  return bytes;
};

type Saving = {
  readonly metadata: Readonly<Record<string, string>>;
  readonly ids: readonly number[];
  readonly arrays: readonly StoredArray[];
  readonly transfer: Transfer;
};

/** The file, part by part. The last part is the hash of all parts before. */
const parts = async function* (
  { metadata, ids, arrays, transfer }: Saving,
  { signal, onProgress }: FileOptions,
): AsyncGenerator<Uint8Array> {
  const tensors = tensorsOf(ids.length, arrays);
  const header = encodeSafetensorsHeader(tensors, metadata);
  const total = header.length + tensors.reduce((sum, { length }) => sum + length, 0);
  let done = 0;
  let hash = startHashChain();
  const counted = async (part: Uint8Array): Promise<Uint8Array> => {
    signal?.throwIfAborted();
    hash = await extendHashChain(hash, part);
    done += part.length;
    return part;
  };
  yield counted(header);
  yield counted(bytesOf(Int32Array.from(ids)));
  onProgress?.(done, total);
  for (const array of arrays)
    for (const batch of batchesOf(array.type, array.runs)) {
      yield counted(await gathered(transfer, array, batch));
      onProgress?.(done, total);
    }
  yield hash;
  onProgress?.(total, total);
};

/** Saves from a fork, which stays as it is even where the prefix is released meanwhile. */
const withFork = async <T>(
  backend: Backend,
  cache: KeyValueCache,
  use: (fork: KeyValueCache, transfer: Transfer) => Promise<T>,
): Promise<T> => {
  const fork = forkCache(cache);
  const transfer = transferOn(backend);
  try {
    return await use(fork, transfer);
  } finally {
    await transfer.end();
    releaseCache(fork);
  }
};

/**
 * Writes a prefix to a file. A file that is there already is replaced as a whole.
 *
 * @returns the size of the file in bytes
 * @throws TypeError when the prefix or its model is released; RangeError when the extension holds functions of the caller's own, which no
 *   file can hold; Error naming the path that cannot be written; whatever the signal was aborted with
 */
export const savePrefix = async (
  { loaded, graph, extension }: Reader,
  prefix: Prefix,
  path: string | URL,
  options: FileOptions = {},
): Promise<number> => {
  checkOpen("save", loaded);
  checkUsable("save", "the prefix", prefix, graph.extended);
  checkFileOptions("save", options);
  options.signal?.throwIfAborted();
  const { ids, cache } = prefix;
  return withFork(graph.backend, cache, async (fork, transfer) => {
    const identity = await identityOf(graph.extended, extension, loaded.fingerprint);
    const settled = fork.groups.map((own) => own.settled);
    const metadata = metadataOf({ ...identity, planned: fork.planned, settled });
    const saving = { metadata, ids, arrays: storedArrays(fork), transfer };
    const { writeFileWhole } = await import("@ropewalk/models/files");
    return writeFileWhole("save", path, parts(saving, options));
  });
};
