/** A checkpoint by addresses, served on this machine. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { stories260K } from "@ropewalk/tiny-models";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { loadCheckpoint, openUrl, type FilesByUrl } from "../../src/index.ts";
import { pageCaches } from "../page-cache.ts";

const page = "<!doctype html><title>no such page</title>";
const config = new URL("config.json", stories260K.url);

let server: Server;
let origin: string;
let asked: string[];

beforeAll(async () => {
  server = createServer(({ url = "" }, response) => {
    asked.push(url);
    const { pathname } = new URL(url, origin);
    const name = pathname.split("/").at(-1)!;
    if (pathname.startsWith("/busy/")) response.writeHead(503, "Busy").end();
    else if (pathname.startsWith("/silent/")) return;
    else if (pathname.startsWith("/stalled/")) response.writeHead(200, { "Content-Length": 100 }).write("{");
    else if (pathname.startsWith("/broken/"))
      response.writeHead(200, { "Content-Length": 100 }).end("{", () => response.destroy());
    else if (Object.keys(stories260K.files).includes(name)) response.end(readFileSync(new URL(name, stories260K.url)));
    else if (pathname.startsWith("/application/"))
      response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(page);
    else response.writeHead(404, { "Content-Type": "text/html" }).end(page);
  });
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => (asked = []));

const wholeTensors = async (source: URL | FilesByUrl): Promise<readonly string[]> => {
  const { decoder, tensors, tokenizer, files } = await loadCheckpoint(openUrl(source));
  expect(decoder.trainedContext).toBe(512);
  expect(tokenizer).toBeDefined();
  expect(files[0]?.external.kind).toBe("bytes");
  return [...tensors.keys()];
};

describe("openUrl", () => {
  it.each(["models/stories", "models/stories/", "application/stories/", "models/stories?key=1"])(
    "opens a folder by its address: %s",
    async (path) => {
      expect(await wholeTensors(new URL(path, origin))).toHaveLength(47);
      expect(openUrl(new URL(path, origin)).name).toBe("stories");
      // Nothing is fetched twice.
      expect(asked).toEqual([...new Set(asked)]);
    },
  );

  it("opens files by their addresses, which a bundler may have put their content into", async () => {
    const inlined = new URL(`data:application/json;base64,${readFileSync(config).toString("base64")}`);
    const at = (name: string): URL => new URL(`/assets/${name}`, origin);
    const { name } = stories260K;
    const files = {
      "config.json": inlined,
      "model.safetensors": at("model.safetensors"),
      "tokenizer.json": at("tokenizer.json"),
    };
    expect(await wholeTensors({ name, files })).toHaveLength(47);
    expect(asked.toSorted()).toEqual(["/assets/model.safetensors", "/assets/tokenizer.json"]);
    expect(await openUrl({ name, files }).file("toString")).toBeUndefined();
  });

  it("says which address does not answer with a file, and asks again the next time", async () => {
    const busy = openUrl(new URL("busy/", origin));
    const refused = `openUrl: config.json must come from "${origin}/busy/config.json", got 503 Busy`;
    await expect(busy.file("config.json")).rejects.toThrow(refused);
    await expect(busy.file("config.json")).rejects.toThrow(refused);
    expect(asked).toHaveLength(2);
    await expect(openUrl(new URL("broken/", origin)).file("config.json")).rejects.toThrow(
      `openUrl: config.json must come from "${origin}/broken/config.json", got `,
    );
    await expect(openUrl(new URL("http://127.0.0.1:1/")).file("config.json")).rejects.toThrow(
      'openUrl: config.json must come from "http://127.0.0.1:1/config.json", got fetch failed: ',
    );
  });

  it("refuses what cannot be fetched", () => {
    expect(() => openUrl(stories260K.url)).toThrow(
      `openUrl: source must be an https:, http:, blob: or data: URL, got ${stories260K.url.href}; openFolder of @ropewalk/models/node opens that`,
    );
    expect(() => openUrl(stories260K)).toThrow(/^openUrl: the address of config\.json must be an https:/);
    expect(() => openUrl("https://example.org/" as never)).toThrow(
      new TypeError('openUrl: source must be a URL, or name and files, got "https://example.org/"'),
    );
    expect(() => openUrl({ name: "x", files: { "config.json": "config.json" } } as never)).toThrow(
      new TypeError('openUrl: the address of config.json must be a URL, got "config.json"'),
    );
  });

  it("does not wait without end for a server that stops answering", async () => {
    const open = (path: string) => openUrl(new URL(path, origin), { timeout: 150 }).file("config.json");
    await expect(open("silent/")).rejects.toThrow(
      `openUrl: config.json must come from "${origin}/silent/config.json", got ${origin}/silent/config.json did not answer within the timeout of 150 milliseconds`,
    );
    await expect(open("stalled/")).rejects.toThrow("sent nothing more within the timeout of 150 milliseconds");
    expect(() => openUrl(config, { timeout: 0 })).toThrow("openUrl: timeout must be above 0");
    expect(() => openUrl(config, { patience: 1 } as never)).toThrow(
      'must have no keys but timeout, cache, onNotice, got "patience"',
    );
  });
});

describe("openUrl with a cache of the page", () => {
  let visited: ReturnType<typeof pageCaches>;
  const visit = (caches = pageCaches()): void => {
    visited = caches;
    vi.stubGlobal("caches", visited.caches);
  };
  beforeEach(() => visit());
  afterEach(() => vi.unstubAllGlobals());

  it("fetches a folder once for all visits", async () => {
    const open = () => openUrl(new URL("models/stories/", origin), { cache: "models" });
    expect((await loadCheckpoint(open())).tensors.size).toBe(47);
    const first = asked.filter((path) => !path.includes("config"));
    expect(first).toContain("/models/stories/model.safetensors");
    expect([...visited.held.keys()]).toEqual(["models"]);
    expect([...visited.held.get("models")!.keys()].toSorted()).toEqual(
      ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"].map(
        (name) => `${origin}/models/stories/${name}`,
      ),
    );
    asked = [];
    expect((await loadCheckpoint(open())).tensors.size).toBe(47);
    // What there is not is not kept: it may come.
    expect(asked.filter((path) => Object.keys(stories260K.files).some((name) => path.endsWith(`/${name}`)))).toEqual(
      [],
    );
  });

  it("keeps what lies on a server alone", async () => {
    const inlined = new URL(`data:application/json;base64,${readFileSync(config).toString("base64")}`);
    const folder = openUrl({ name: "x", files: { "config.json": inlined } }, { cache: "models" });
    expect(await folder.file("config.json")).toBeDefined();
    expect([...visited.held.keys()]).toEqual([]);
  });

  it("does without room, and says so", async () => {
    visit(pageCaches(10));
    const notices: string[] = [];
    const folder = openUrl(new URL("models/stories/", origin), {
      cache: "models",
      onNotice: (notice) => notices.push(notice),
    });
    expect((await folder.file("config.json"))?.source.size).toBe(readFileSync(config).length);
    expect(notices).toEqual([
      `openUrl: ${origin}/models/stories/config.json could not be kept in the cache "models": QuotaExceededError: Quota exceeded.`,
    ]);
  });

  it("says which cache the browser refuses", async () => {
    const refused = {
      open: async () => Promise.reject(new DOMException("The operation is insecure.", "SecurityError")),
    };
    vi.stubGlobal("caches", refused);
    await expect(openUrl(new URL("models/stories/", origin), { cache: "models" }).file("config.json")).rejects.toThrow(
      `openUrl: the cache "models" must be readable, got SecurityError: The operation is insecure. for ${origin}/models/stories/config.json`,
    );
  });

  it("says where there is no Cache Storage", () => {
    vi.stubGlobal("caches", undefined);
    expect(() => openUrl(new URL("models/stories/", origin), { cache: "models" })).toThrow(
      'openUrl: the cache "models" needs Cache Storage, which browsers give to pages of a secure context (https: or localhost), got none',
    );
  });
});
