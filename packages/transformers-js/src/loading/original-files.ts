/** The original files of models: in the cache that transformers.js would use by itself, on a disk, or at an address. */
import { asFound, isFile, readBytes, readPart } from "#disk";
import { ownCache } from "./default-cache.ts";
import { inNode, type Cache, type Found, type TransformersEnv } from "./environment.ts";
import { kindOf } from "./file-kind.ts";
import { localPaths, remoteFile } from "./hub-address.ts";
import type { Originals } from "./rewrite-file.ts";

export type OriginalFiles = Originals & {
  readonly cache: () => Promise<Cache | undefined>;
  /** Looks for a file in the cache and on the disk. `key` is the path or address that it was found by. */
  readonly find: (key: string) => Promise<{ readonly key: string; readonly found: Found }>;
};

/** The properties of `env` that are set, with the values that they had before. */
export type EnvBefore = Pick<TransformersEnv, "useCustomCache" | "customCache" | "fetch">;

const isAddress = (key: string): boolean => /^(https?|blob):/.test(key);

/** The path of a file that was found on a disk; undefined for a response. */
export const pathOf = (found: Found): string | undefined =>
  typeof found === "string" ? found : found && "filePath" in found ? (found.filePath as string) : undefined;

export const bytesOf = async (found: NonNullable<Found>): Promise<Uint8Array> => {
  const path = pathOf(found);
  return path === undefined ? new Uint8Array(await (found as Response).arrayBuffer()) : readBytes(path);
};

export const originalFiles = (env: TransformersEnv, before: EnvBefore): OriginalFiles => {
  const cache = (): Promise<Cache | undefined> =>
    ownCache(env, before.useCustomCache && before.customCache !== null ? before.customCache : undefined);
  /** Local paths that were found; transformers.js asks for them again by their address on the hub. */
  const foundLocally = new Set<string>();

  const onDisk = async (key: string): Promise<boolean> =>
    inNode() && env.allowLocalModels && env.useFS && !isAddress(key) && isFile(key);

  /** Whether `fetch` may be asked for a file. In Node it reads files of the hub alone. */
  const mayFetch = (key: string): boolean => (remoteFile(env, key) === undefined ? !inNode() : env.allowRemoteModels);

  return {
    cache,
    find: async (key) => {
      const found = await (await cache())?.match(key);
      if (found) return { key, found };
      const remote = remoteFile(env, key);
      const local = remote ? localPaths(env, remote).find((path) => foundLocally.has(path)) : key;
      if (local === undefined || kindOf(local) === "other" || !(await onDisk(local))) return { key, found: undefined };
      foundLocally.add(local);
      return { key: local, found: await asFound(local) };
    },
    stored: async (key) => {
      const found = await (await cache())?.match(key);
      if (found) return bytesOf(found);
      return (await onDisk(key)) ? readBytes(key) : undefined;
    },
    fetched: async (key) => {
      if (!mayFetch(key)) return undefined;
      const response = (await before.fetch(key)) as Response;
      return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
    },
    part: async (key, from, to) => {
      const found = await (await cache())?.match(key);
      const path = pathOf(found) ?? ((await onDisk(key)) ? key : undefined);
      if (path !== undefined) return readPart(path, from, to);
      if (!mayFetch(key)) return undefined;
      const headers = { range: `bytes=${from}-${to - 1}` };
      const response = (await before.fetch(key, { headers }).catch(() => undefined)) as Response | undefined;
      if (response?.status === 206) return new Uint8Array(await response.arrayBuffer());
      // A server without ranges would send the whole file.
      await response?.body?.cancel();
      return undefined;
    },
  };
};
