/** Creates, fills and releases key-value caches in the worker. */
import { createCache, releaseCache, type KeyValueCache } from "../../cache/cache.ts";
import { modelOf, once, optionsOf, type Call, type Handlers } from "./held.ts";

const cacheOf = ({ held, args }: Call, where: string): KeyValueCache => {
  const found = held.caches.get(args[1]!);
  if (found === undefined)
    throw new TypeError(
      `${where}: cache must be what createCache or the last run gave, got an older or a released one`,
    );
  return found;
};

export const cacheHandlers: Handlers = {
  createCache: once((call) => {
    const { backend, extended } = modelOf(call);
    const id = call.held.nextNumber();
    call.held.caches.set(id, createCache(backend, extended, call.args[1]!));
    return { id, length: 0, ids: [] };
  }),
  prefill: once(async (call) => {
    const before = cacheOf(call, "prefill");
    const { logits, cache } = await modelOf(call).prefill(before, call.args[2]!, optionsOf(call, "prefill", 3));
    call.held.caches.delete(call.args[1]!);
    const id = call.held.nextNumber();
    call.held.caches.set(id, cache);
    return { logits, cache: { id, length: cache.length, ids: cache.ids } };
  }),
  releaseCache: once((call) => {
    const cache = call.held.caches.get(call.args[1]!);
    call.held.caches.delete(call.args[1]!);
    if (cache !== undefined) releaseCache(cache);
  }),
};
