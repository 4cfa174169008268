/** A hub that means harm, or a server between it and us: what it says of names, sizes, hashes and other addresses. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openHub as openHubInPage } from "../../src/browser/hub.ts";
import { openHub, type HubOptions } from "../../src/hub.ts";
import { pageCaches } from "../page-cache.ts";

const id = "owner/model";
const commit = "a".repeat(40);
const config = new TextEncoder().encode("{}");
const sha1 = createHash("sha1").update(`blob ${config.length}\0`).update(config).digest("hex");

let root: string;
let cacheFolder: string;
beforeEach(() => {
  root = scratchFolder();
  cacheFolder = join(root, "a", "b", "cache");
});
afterEach(() => {
  vi.unstubAllGlobals();
  rmSync(root, { recursive: true });
});

const json = (value: unknown, url = ""): Response => {
  const response = Response.json(value);
  return url === "" ? response : Object.defineProperty(response, "url", { value: url });
};

type Says = {
  readonly files?: readonly string[];
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly content?: () => Response;
  /** Where the answer about the commit comes from in the end. */
  readonly from?: string;
};

/** A hub whose every file has the content of `config`, and says of it what it likes. */
const hub = ({ files = ["config.json"], facts = {}, content = () => new Response(config), from }: Says) => {
  const asked: string[] = [];
  const send = (async (input: string | URL | Request, init: RequestInit = {}) => {
    const url = String(input);
    asked.push(url);
    if (url.includes("expand=sha")) return json({ sha: commit }, from);
    if (url.includes("expand=siblings")) return json({ siblings: files.map((rfilename) => ({ rfilename })) });
    if (!url.includes("/paths-info/")) return content();
    const { paths } = JSON.parse(init.body as string) as { readonly paths: readonly string[] };
    return json(paths.map((path) => ({ type: "file", path, size: config.length, oid: sha1, ...facts })));
  }) as typeof fetch;
  const options: HubOptions = { id, cacheFolder, endpoint: "https://hub.example", fetch: send, onNotice: () => {} };
  return { options, asked: () => asked.filter((url) => url.includes("/resolve/")) };
};

/** All that was written below the scratch folder, but for the cache. */
const written = (): readonly string[] =>
  (readdirSync(root, { recursive: true }) as string[]).filter((name) => !/^a(?:.b(?:.cache.*)?)?$/.test(name));

describe("a hub that lists a name out of the cache", () => {
  it.each([
    "../../../../../evil-Q8_0.gguf",
    "a/../../../../../../evil-Q8_0.gguf",
    "/tmp/evil-Q8_0.gguf",
    "..\\evil-Q8_0.gguf",
  ])("writes nothing: %s", async (file) => {
    const { options, asked } = hub({ files: [file] });
    await expect(openHub({ ...options, gguf: "Q8_0" })).rejects.toThrow(
      `openHub: a file must be a name that stays inside its folder, got ${JSON.stringify(file)}`,
    );
    expect(asked()).toEqual([]);
    expect(written()).toEqual([]);
    expect(existsSync("/tmp/evil-Q8_0.gguf")).toBe(false);
  });

  it("cannot name the content's place either", async () => {
    for (const oid of ["../../../../evil", `${"a".repeat(40)}/../../../../evil`, "", 7]) {
      const { options, asked } = hub({ facts: { oid } });
      await expect(openHub(options)).rejects.toThrow(
        "openHub: owner/model: https://hub.example must give the hash of config.json, got",
      );
      expect(asked()).toEqual([]);
    }
    expect(written()).toEqual([]);
  });
});

describe("a hub that says a wrong size", () => {
  it.each([-1, 1.5, 2 ** 60, "2", null, undefined, {}])("%j is refused before anything is fetched", async (size) => {
    const { options, asked } = hub({ facts: { size } });
    const message = "openHub: owner/model: https://hub.example must give the size of config.json in bytes, got";
    await expect(openHub(options)).rejects.toThrow(message);
    vi.stubGlobal("caches", pageCaches().caches);
    await expect(openHubInPage({ ...options, cacheFolder: "c" })).rejects.toThrow(message);
    expect(asked()).toEqual([]);
  });

  it("that no page has memory for is refused by name", async () => {
    vi.stubGlobal("caches", pageCaches().caches);
    const { options, asked } = hub({ facts: { size: 2 ** 52 } });
    await expect(openHubInPage({ ...options, cacheFolder: "c" })).rejects.toThrow(
      "openHub: owner/model: config.json from https://hub.example must fit in the page's memory, got 4503599627370496 bytes",
    );
    expect(asked()).toEqual([]);
  });

  it("is left where more comes than was said, however much that is", async () => {
    let sent = 0;
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: (into) => {
            sent += 1000;
            into.enqueue(new Uint8Array(1000));
          },
        }),
      );
    const { options } = hub({ content: endless });
    await expect(openHub(options)).rejects.toThrow("got more than the 2 bytes of config.json");
    expect(sent).toBeLessThan(10_000);
  });
});

describe("a redirect", () => {
  it("from https to http is not believed where it says hashes", async () => {
    const { options, asked } = hub({ from: "http://hub.example/api?secret" });
    await expect(openHub(options)).rejects.toThrow(
      "openHub: owner/model: https://hub.example must answer as the hub does, got a redirect from https to http://hub.example/api",
    );
    expect(asked()).toEqual([]);
    await expect(openHub(hub({ from: "https://mirror.example/api" }).options)).resolves.toBeDefined();
  });

  it("to another server does not take the token there, and what that one sends is held to size and hash", async () => {
    const tokens: (string | undefined)[] = [];
    const start = async (
      answer: (url: string, body: string) => { status: number; location?: string; body?: unknown },
    ) => {
      const server: Server = createServer((incoming, response) => {
        let body = "";
        incoming.on("data", (piece) => (body += String(piece)));
        incoming.on("end", () => {
          const { status, location, body: content } = answer(incoming.url!, body);
          if (location === undefined) tokens.push(incoming.headers.authorization);
          response.writeHead(status, {
            "Content-Type": "application/json",
            ...(location !== undefined && { Location: location }),
          });
          response.end(content instanceof Uint8Array ? content : JSON.stringify(content));
        });
      });
      await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
      return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    };
    let content: Uint8Array = config;
    const elsewhere = await start(() => ({ status: 200, body: content }));
    const own = await start((url) => {
      if (url.includes("expand=sha")) return { status: 200, body: { sha: commit } };
      if (url.includes("/paths-info/"))
        return { status: 200, body: [{ type: "file", path: "config.json", size: config.length, oid: sha1 }] };
      return { status: 302, location: `${elsewhere.address}/content` };
    });
    try {
      const options: HubOptions = { id, cacheFolder, endpoint: own.address, token: "hf_secret", onNotice: () => {} };
      await openHub(options);
      expect(tokens).toEqual(["Bearer hf_secret", "Bearer hf_secret", undefined]);
      rmSync(cacheFolder, { recursive: true });
      content = new TextEncoder().encode("[]");
      await expect(openHub(options)).rejects.toThrow(
        /must have the hash [0-9a-f]{40}, got [0-9a-f]{40}; it was thrown/,
      );
    } finally {
      for (const { server } of [own, elsewhere]) {
        server.closeAllConnections();
        server.close();
      }
    }
  });
});
