/**
 * The hub's cache folder as a storage. A download stands in `blobs/<hash>.incomplete`, whose length says where to go on; it gets its name
 * when its hash is right. Of several processes that want the same content one downloads it, and the others wait for it: a lock in
 * `.locks/<repository>` says which.
 */
import { constants } from "node:fs";
import { mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { waitForLock } from "../../disk/lock-file.ts";
import { fileIn } from "../../disk/open-folder.ts";
import { checkHash, type DownloadTarget } from "../download.ts";
import type { HubFile } from "../hub-api.ts";
import type { Hub } from "../hub-options.ts";
import { repositoryFolder, type HubStorage } from "../hub-storage.ts";
import * as cache from "./cache-folder.ts";
import { checkIntact } from "./check-intact.ts";
import { hashLike } from "./content-hash.ts";

/** Where the hub's libraries keep their cache, by the environment. */
const standardFolder = (): string => {
  const { HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = process.env;
  // A variable that is set to nothing counts as absent.
  const home = HF_HOME || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface");
  return HF_HUB_CACHE || HUGGINGFACE_HUB_CACHE || join(home, "hub");
};

/** Writes all of a piece at its place. */
const writeAt = async (handle: FileHandle, piece: Uint8Array, place: number): Promise<void> => {
  for (let at = 0; at < piece.length;)
    at += (await handle.write(piece, at, piece.length - at, place + at)).bytesWritten;
};

const targetIn = (handle: FileHandle, cacheFolder: string): DownloadTarget => ({
  length: async () => (await handle.stat()).size,
  write: (piece, place) => writeAt(handle, piece, place),
  clear: () => handle.truncate(),
  whenBroken: `what has come is kept in ${cacheFolder}, and another try goes on from there`,
});

type DownloadTo = (target: DownloadTarget) => Promise<void>;

/** @throws Error naming the file and the address when the transfer breaks off, with what has come kept, or the hash is wrong */
const downloadBlob = async (
  hub: Hub,
  cacheFolder: string,
  content: HubFile,
  path: string,
  download: DownloadTo,
): Promise<void> => {
  const incomplete = `${path}.incomplete`;
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(incomplete, constants.O_RDWR | constants.O_CREAT);
  let hash: string;
  try {
    await download(targetIn(handle, cacheFolder));
    const written = handle.createReadStream({ start: 0, autoClose: false });
    hash = await hashLike(content.hash, content.size, written);
    // A name must not reach the disk before its content.
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (hash !== content.hash) await rm(incomplete, { force: true });
  checkHash(hub, content, hash);
  await rename(incomplete, path).catch(async (error: unknown) => {
    // Another process was first.
    if (!(await cache.exists(path))) throw error;
  });
};

/** @param stated - the cache folder's path; undefined: by the environment */
export const cacheFolderStorage = (hub: Hub, stated: string | undefined): HubStorage => {
  const cacheFolder = resolve(stated ?? standardFolder());
  const folder = join(cacheFolder, repositoryFolder(hub.id));
  const pathOf = (commit: string, file: string): string => join(cache.snapshotOf(folder, commit), file);
  const intact = new Set<string>();
  const downloadOnce = async (blob: string, content: HubFile, download: DownloadTo): Promise<void> => {
    const lock = await waitForLock(join(cacheFolder, ".locks", repositoryFolder(hub.id), content.hash), {
      signal: hub.signal,
      onWait: (owner) =>
        hub.onNotice(`openHub: ${hub.id}: ${content.file} is being fetched by ${owner}, which is waited for`),
    });
    try {
      // Whoever had the lock may have brought it.
      if (!(await cache.exists(blob))) await downloadBlob(hub, cacheFolder, content, blob, download);
    } finally {
      await lock.remove();
    }
  };
  return {
    name: cacheFolder,
    commitOf: (revision) => cache.cachedCommit(folder, revision),
    rememberCommit: (revision, commit) => cache.rememberCommit(folder, revision, commit),
    isKnownAbsent: (commit, file) => cache.isKnownAbsent(folder, commit, file),
    rememberAbsent: (commit, file) => cache.rememberAbsent(folder, commit, file),
    has: (commit, file) => cache.exists(pathOf(commit, file)),
    read: async (commit, file) => {
      const path = pathOf(commit, file);
      const found = await fileIn("openHub", cache.snapshotOf(folder, commit), file);
      if (found !== undefined && !intact.has(path)) await checkIntact(hub, file, found);
      intact.add(path);
      return found;
    },
    keep: async (commit, content, download) => {
      const blob = cache.blobOf(folder, content.hash);
      if (!(await cache.exists(blob))) await downloadOnce(blob, content, download);
      await cache.pointAt(blob, pathOf(commit, content.file));
    },
  };
};
