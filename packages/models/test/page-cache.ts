/** The Cache Storage of a page, for tests in Node: caches by name, bytes by address, and a limit to what they hold. */

/** Every cache by its name, the bytes in it by their address. */
export type PageCaches = ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>;

/**
 * What goes in place of `globalThis.caches`, and what it holds.
 *
 * @param limit - the bytes that fit; what is longer together is refused, as browsers do
 */
export const pageCaches = (limit = Infinity): { readonly caches: object; readonly held: PageCaches } => {
  const held = new Map<string, Map<string, Uint8Array>>();
  const size = (): number =>
    [...held.values()].flatMap((cache) => [...cache.values()]).reduce((sum, { length }) => sum + length, 0);
  const open = async (name: string): Promise<object> => {
    const cache = held.get(name) ?? new Map<string, Uint8Array>();
    held.set(name, cache);
    return {
      match: async (address: string) => {
        const bytes = cache.get(address);
        return bytes && new Response(bytes as Uint8Array<ArrayBuffer>);
      },
      put: async (address: string, response: Response) => {
        if (!/^https?:/.test(address)) throw new TypeError(`Request scheme of ${address} is unsupported`);
        const bytes = new Uint8Array(await response.arrayBuffer());
        if (size() + bytes.length > limit) throw new DOMException("Quota exceeded.", "QuotaExceededError");
        cache.set(address, bytes);
      },
    };
  };
  return { caches: { open }, held };
};
