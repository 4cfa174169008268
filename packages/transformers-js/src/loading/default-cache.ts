/** The cache that transformers.js would use by itself. */
import { fileCache } from "#disk";
import type { Cache, TransformersEnv } from "./environment.ts";
import { remoteFile } from "./hub-address.ts";

/** Where transformers.js keeps a file of the hub in its folder: the main revision without its name. */
const placeOf =
  (env: TransformersEnv) =>
  (request: string): string => {
    const remote = remoteFile(env, request);
    if (remote === undefined) return request;
    const { model, revision, file } = remote;
    return revision === "main" ? `${model}/${file}` : `${model}/${revision}/${file}`;
  };

/** @param before - the custom cache that was set, where one was used */
export const ownCache = async (env: TransformersEnv, before: Cache | undefined): Promise<Cache | undefined> => {
  if (before !== undefined) return before;
  const { caches } = globalThis as { readonly caches?: { readonly open: (name: string) => Promise<Cache> } };
  if (env.useBrowserCache && caches !== undefined) return caches.open(env.cacheKey);
  return env.useFSCache && env.cacheDir !== null ? fileCache(env.cacheDir, placeOf(env)) : undefined;
};
