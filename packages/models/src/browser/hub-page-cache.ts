/**
 * A page's Cache Storage as the storage of a repository of the hub. Its layout is that of the cache folder, under the hub's address; what is
 * a link there is a text here: the hash of the content.
 */
import { hashOfBytes } from "./hash-of-bytes.ts";
import { inMemoryFile } from "../folder/checkpoint-folder.ts";
import { checkHash, type DownloadTarget } from "../hub/download.ts";
import { checkCommit, isCommit, type HubFile } from "../hub/hub-api.ts";
import type { Hub } from "../hub/hub-options.ts";
import { repositoryFolder, type HubStorage } from "../hub/hub-storage.ts";
import { openPageCache } from "../url/page-cache.ts";

/** A file's bytes in memory, while they come. */
const memoryTarget = (bytes: Uint8Array): DownloadTarget => {
  let length = 0;
  return {
    length: async () => length,
    write: async (piece, place) => {
      bytes.set(piece, place);
      length = Math.max(length, place + piece.length);
    },
    clear: async () => {
      length = 0;
    },
    whenBroken: "another try begins anew",
  };
};

/** @throws RangeError naming the file when the page has no memory for it */
const memoryFor = ({ id, endpoint }: Hub, { file, size }: HubFile): Uint8Array => {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new RangeError(
      `openHub: ${id}: ${file} from ${endpoint} must fit in the page's memory, got ${size} bytes: ${(cause as Error).message}`,
      { cause },
    );
  }
};

/** @throws Error naming the file when the transfer breaks off, or the hash is wrong */
const downloadBytes = async (
  hub: Hub,
  content: HubFile,
  download: (target: DownloadTarget) => Promise<void>,
): Promise<Uint8Array> => {
  const bytes = memoryFor(hub, content);
  await download(memoryTarget(bytes));
  checkHash(hub, content, await hashOfBytes(content.hash, bytes));
  return bytes;
};

const toText = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes);

/**
 * What is read or downloaded stays in memory for as long as the folder is used, so that it is there also where the browser keeps nothing.
 *
 * @param cacheName - the cache's name in Cache Storage
 * @throws Error where there is no Cache Storage
 */
export const pageCacheStorage = (hub: Hub, cacheName: string): HubStorage => {
  const cache = openPageCache("openHub", cacheName, hub.onNotice);
  const root = `${hub.endpoint}/${repositoryFolder(hub.id)}`;
  const addressOf = (...names: readonly string[]): string =>
    [root, ...names.flatMap((name) => name.split("/")).map(encodeURIComponent)].join("/");
  const held = new Map<string, Uint8Array>();
  const read = async (address: string): Promise<Uint8Array | undefined> => {
    const bytes = held.get(address) ?? (await cache.read(address));
    if (bytes !== undefined) held.set(address, bytes);
    return bytes;
  };
  const has = async (address: string): Promise<boolean> => held.has(address) || cache.has(address);
  const keep = async (address: string, bytes: Uint8Array): Promise<void> => {
    held.set(address, bytes);
    await cache.keep(address, bytes);
  };
  const keepText = (address: string, text: string): Promise<void> => keep(address, new TextEncoder().encode(text));
  const blobOf = async (commit: string, file: string): Promise<string | undefined> => {
    const hash = toText(await read(addressOf("snapshots", commit, file)));
    return hash === undefined ? undefined : addressOf("blobs", hash);
  };
  const hasFile = async (commit: string, file: string): Promise<boolean> => {
    const blob = await blobOf(commit, file);
    return blob !== undefined && has(blob);
  };
  return {
    name: cacheName,
    commitOf: async (revision) => {
      const ref = addressOf("refs", revision);
      const stated = toText(await cache.read(ref));
      const commit = stated === undefined ? revision : checkCommit(ref, stated);
      return isCommit(commit) && (await hasFile(commit, "config.json")) ? commit : undefined;
    },
    rememberCommit: async (revision, commit) => {
      if (revision !== commit) await keepText(addressOf("refs", revision), commit);
    },
    isKnownAbsent: (commit, file) => has(addressOf(".no_exist", commit, file)),
    rememberAbsent: (commit, file) => keepText(addressOf(".no_exist", commit, file), ""),
    has: hasFile,
    read: async (commit, file) => {
      const blob = await blobOf(commit, file);
      const bytes = blob === undefined ? undefined : await read(blob);
      return bytes && inMemoryFile(file, bytes);
    },
    keep: async (commit, content, download) => {
      const blob = addressOf("blobs", content.hash);
      if (!(await has(blob))) await keep(blob, await downloadBytes(hub, content, download));
      await keepText(addressOf("snapshots", commit, content.file), content.hash);
    },
  };
};
