/** A cache of the page's own (Cache Storage), which keeps files from one visit to the next: bytes by address. */
import { show } from "@ropewalk/check";

/** What is used here of Cache Storage, as browsers have it. */
type NamedCache = {
  readonly match: (address: string) => Promise<Response | undefined>;
  readonly put: (address: string, response: Response) => Promise<void>;
};
type WithCaches = { readonly caches?: { readonly open: (name: string) => Promise<NamedCache> } };

export type PageCache = {
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
  const opened = (): Promise<NamedCache> => caches.open(name);
  return {
    has: async (address) => (await (await opened()).match(address)) !== undefined,
    read: async (address) => {
      const response = await (await opened()).match(address);
      return response && new Uint8Array(await response.arrayBuffer());
    },
    keep: async (address, bytes) => {
      try {
        await (await opened()).put(address, new Response(bytes as Uint8Array<ArrayBuffer>));
      } catch (error) {
        onNotice(`${where}: ${address} could not be kept in the cache ${show(name)}: ${String(error)}`);
      }
    },
  };
};
