/** The cache that transformers.js would use without this package. */
import { fileCache } from "#disk";
import type { Cache, TransformersEnv } from "./environment.ts";
import { remoteFile } from "./hub-address.ts";

/** The place of a hub's file in the folder of transformers.js, which leaves out the name of the main revision. */
const placeOf =
  (env: TransformersEnv) =>
  (request: string): string => {
    const remote = remoteFile(env, request);
    if (remote === undefined) return request;
    const { model, revision, file } = remote;
    return revision === "main" ? `${model}/${file}` : `${model}/${revision}/${file}`;
  };

/** A page's paths are addresses, seen from its own. Deno has the same cache and no page: there a path is no address, and its cache throws. */
const isAddress = (request: string): boolean =>
  URL.canParse(request, (globalThis as { readonly location?: { readonly href: string } }).location?.href);

/** A cache that holds addresses alone, asked for other keys too. */
const ofAddresses = (cache: Cache): Cache => ({
  match: async (request) => (isAddress(request) ? cache.match(request) : undefined),
  put: (...kept) => cache.put(...kept),
  delete: async (request) => (isAddress(request) && (await cache.delete?.(request))) ?? false,
});

/**
 * The custom cache, the browser's or the one on the disk.
 *
 * @param before - the custom cache that was in use before, if there was one
 */
export const ownCache = async (env: TransformersEnv, before: Cache | undefined): Promise<Cache | undefined> => {
  if (before !== undefined) return before;
  const { caches } = globalThis as { readonly caches?: { readonly open: (name: string) => Promise<Cache> } };
  if (env.useBrowserCache && caches !== undefined) return ofAddresses(await caches.open(env.cacheKey));
  return env.useFSCache && env.cacheDir !== null ? fileCache(env.cacheDir, placeOf(env)) : undefined;
};
