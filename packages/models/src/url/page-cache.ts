/** A cache of the page's own (Cache Storage), which keeps files from one visit to the next: bytes by address. */
import { show } from "@ropewalk/check";

/** What is used here of Cache Storage, as browsers have it. */
type NamedCache = {
  readonly match: (address: string) => Promise<Response | undefined>;
  readonly put: (address: string, response: Response) => Promise<void>;
};
type WithCaches = { readonly caches?: { readonly open: (name: string) => Promise<NamedCache> } };

export type PageCache = {
  /** @throws Error that names the cache when the browser refuses it; `read` likewise */
  readonly has: (address: string) => Promise<boolean>;
  /** Undefined where nothing is kept under that address. */
  readonly read: (address: string) => Promise<Uint8Array | undefined>;
  /** Keeps the bytes; where the browser has no room for them, `onNotice` is called and nothing is kept. */
  readonly keep: (address: string, bytes: Uint8Array) => Promise<void>;
};

/**
 * @param where - the function that errors name
 * @param name - the cache's; pages of the same origin share it
 * @throws Error where there is no Cache Storage
 */
export const openPageCache = (where: string, name: string, onNotice: (notice: string) => void): PageCache => {
  const { caches } = globalThis as WithCaches;
  if (caches === undefined)
    throw new Error(
      `${where}: the cache ${show(name)} needs Cache Storage, which browsers give to pages of a secure context (https: or localhost), got none`,
    );
  // A browser that gives a page no storage throws already here.
  const look = async <Found>(
    address: string,
    found: (response: Response | undefined) => Found,
  ): Promise<Awaited<Found>> => {
    try {
      return await found(await (await caches.open(name)).match(address));
    } catch (error) {
      throw new Error(`${where}: the cache ${show(name)} must be readable, got ${String(error)} for ${address}`, {
        cause: error,
      });
    }
  };
  return {
    has: (address) => look(address, (response) => response !== undefined),
    read: (address) => look(address, async (response) => response && new Uint8Array(await response.arrayBuffer())),
    keep: async (address, bytes) => {
      try {
        await (await caches.open(name)).put(address, new Response(bytes as Uint8Array<ArrayBuffer>));
      } catch (error) {
        onNotice(`${where}: ${address} could not be kept in the cache ${show(name)}: ${String(error)}`);
      }
    },
  };
};
