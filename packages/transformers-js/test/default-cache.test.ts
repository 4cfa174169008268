import { afterEach, expect, it, vi } from "vitest";
import { ownCache } from "../src/loading/default-cache.ts";
import type { TransformersEnv } from "../src/loading/environment.ts";

afterEach(() => void vi.unstubAllGlobals());

/** Cache Storage as runtimes have it: it throws where a key is no address. */
const storage = (page?: string) => {
  const asked: string[] = [];
  const hear = async (key: string): Promise<void> => void asked.push(new URL(key, page).href);
  const cache = { match: hear, put: hear, delete: async (key: string) => (await hear(key), true) };
  vi.stubGlobal("caches", { open: async () => cache });
  vi.stubGlobal("location", page === undefined ? undefined : { href: page });
  return asked;
};

const env = { useBrowserCache: true, cacheKey: "kept" } as unknown as TransformersEnv;

it("a path is in no cache of addresses where there is no page, as in Deno", async () => {
  const asked = storage();
  const cache = (await ownCache(env, undefined))!;
  expect(await cache.match("/models/a/config.json")).toBeUndefined();
  expect(await cache.delete!("/models/a/config.json")).toBe(false);
  expect(asked).toEqual([]);
  await cache.match("https://example.org/config.json");
  expect(await cache.delete!("https://example.org/config.json")).toBe(true);
  expect(asked).toEqual(["https://example.org/config.json", "https://example.org/config.json"]);
});

it("a page's path is an address beside its own", async () => {
  const asked = storage("https://example.org/app/");
  await (await ownCache(env, undefined))!.match("/models/a/config.json");
  expect(asked).toEqual(["https://example.org/models/a/config.json"]);
});
