/** Checkpoints of the hub in a page: by name, through the page's Cache Storage, from a hub on this machine. */
import { commits, hashOf, startHub, type FakeHub } from "@ropewalk/testing/fake-hub";
import { rejectionOf } from "@ropewalk/testing/thrown";
import { stories260K } from "@ropewalk/tiny-models";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openHub, openSource, type DownloadProgress, type HubOptions } from "../../src/browser/hub.ts";
import { loadCheckpoint, type CheckpointFolder } from "../../src/index.ts";
import { pageCaches } from "../page-cache.ts";

const id = "owner/stories";
const files = Object.fromEntries(
  ["config.json", "tokenizer.json", "model.safetensors"].map((name) => [
    name,
    new Uint8Array(readFileSync(new URL(name, stories260K.url))),
  ]),
) as Record<"config.json" | "tokenizer.json" | "model.safetensors", Uint8Array>;
const weights = files["model.safetensors"];

let hub: FakeHub;
let page: ReturnType<typeof pageCaches>;
let notices: string[];

const visit = (caches = pageCaches()): void => {
  page = caches;
  vi.stubGlobal("caches", page.caches);
};

beforeEach(async () => {
  hub = await startHub(id, files);
  notices = [];
  visit();
});

afterEach(async () => {
  vi.unstubAllGlobals();
  await hub.stop();
});

const open = (options: Partial<HubOptions> = {}): Promise<CheckpointFolder> =>
  openHub({ id, endpoint: hub.endpoint, onNotice: (notice) => notices.push(notice), ...options });

const read = async (folder: CheckpointFolder, name: string): Promise<Uint8Array | undefined> => {
  const file = await folder.file(name);
  return file && Uint8Array.from(await file.source.read(0, file.source.size));
};

const routes = (): readonly string[] => hub.requests.map(({ route }) => route);

describe("openHub in a page", () => {
  it("loads a checkpoint by its name", async () => {
    const source = await openSource(id, { endpoint: hub.endpoint });
    const { decoder, name } = await loadCheckpoint(source);
    expect([name, decoder.family, decoder.numLayers]).toEqual([id, "llama", 5]);
    const file = await source.file("model.safetensors");
    expect(file!.external).toMatchObject({ kind: "bytes", file: "model.safetensors" });
    await expect(openSource(`${id}@v2`, { endpoint: hub.endpoint })).rejects.toThrow(
      `openHub: ${id}: ${hub.endpoint} answered 404: it has no model ${id} at the revision v2`,
    );
  });

  it("keeps files as the cache folder has them, under the hub's address", async () => {
    const folder = await open({ revision: "v1/beta" });
    expect(await read(folder, "model.safetensors")).toEqual(weights);
    expect(await folder.file("generation_config.json")).toBeUndefined();
    const root = `${hub.endpoint}/models--owner--stories`;
    const hashes = (["config.json", "model.safetensors"] as const).map((name) => hashOf(name, files[name]));
    expect([...page.held.keys()]).toEqual(["ropewalk-hub"]);
    const cache = page.held.get("ropewalk-hub")!;
    expect([...cache.keys()].toSorted()).toEqual(
      [
        `${root}/.no_exist/${commits[0]}/generation_config.json`,
        ...hashes.map((hash) => `${root}/blobs/${hash}`),
        `${root}/refs/v1/beta`,
        ...["config.json", "model.safetensors"].map((name) => `${root}/snapshots/${commits[0]}/${name}`),
      ].toSorted(),
    );
    expect(cache.get(`${root}/blobs/${hashes[1]}`)).toEqual(weights);
  });

  it("asks one question on the next visit, and fetches no content twice for another commit", async () => {
    await read(await open(), "model.safetensors");
    hub.requests.length = 0;
    const again = await open();
    expect(await read(again, "model.safetensors")).toEqual(weights);
    expect(routes()).toEqual(["commit"]);
    hub.commit = commits[1];
    hub.requests.length = 0;
    expect(await read(await open(), "model.safetensors")).toEqual(weights);
    expect(routes()).toEqual(["commit", "paths", "paths"]);
    await open({ cacheFolder: "another" });
    expect([...page.held.keys()]).toEqual(["ropewalk-hub", "another"]);
  });

  it("uses the cache where the hub is gone, and says so", async () => {
    await read(await open(), "model.safetensors");
    await hub.stop();
    const folder = await open();
    expect(await read(folder, "model.safetensors")).toEqual(weights);
    expect(notices).toEqual([
      expect.stringMatching(
        `^openHub: ${id}: ${hub.endpoint} could not be reached .*; the commit ${commits[0]} in ropewalk-hub is used$`,
      ),
    ]);
    await expect(folder.file("model-00002-of-00002.safetensors")).rejects.toThrow(
      "and the cache ropewalk-hub must then have model-00002-of-00002.safetensors, got nothing",
    );
    await expect(open({ revision: "v2" })).rejects.toThrow("the cache ropewalk-hub must then have v2, got nothing");
    // A browser's fetch says in its message why it failed.
    const fails = async (): Promise<never> => Promise.reject(new TypeError("Failed to fetch"));
    await expect(open({ revision: "v2", fetch: fails })).rejects.toThrow(
      `openHub: ${id}: ${hub.endpoint} could not be reached (Failed to fetch), and the cache`,
    );
  });

  it("goes on where a download broke, and keeps nothing whose hash is wrong", async () => {
    const progress: DownloadProgress[] = [];
    const come = (): number => progress.findLast(({ file }) => file === "model.safetensors")?.done ?? 0;
    let breaks = 1;
    hub.fault = ({ route }) =>
      route === "content" && breaks-- > 0
        ? { kind: "break", after: 70_000, arrived: () => come() === 70_000 }
        : undefined;
    const folder = await open({ onProgress: (step) => progress.push(step) });
    expect(await read(folder, "model.safetensors")).toEqual(weights);
    const ranges = hub.requests.flatMap(({ route, range }) => (route === "content" ? [range] : []));
    expect(ranges).toEqual(["bytes=0-", "bytes=70000-"]);
    hub.fault = ({ route }) =>
      route === "file" ? { kind: "send", bytes: files["tokenizer.json"].with(0, 32) } : undefined;
    await expect(folder.file("tokenizer.json")).rejects.toThrow(
      /tokenizer.json from http:\S+ must have the hash [0-9a-f]{40}, got [0-9a-f]{40}; it was thrown away$/,
    );
    hub.fault = () => undefined;
    expect(await read(folder, "tokenizer.json")).toEqual(files["tokenizer.json"]);
  });

  it.each([new Error("my own"), new TypeError("my own"), "my own"])(
    "lets what onProgress throws through as it is: %s",
    async (thrown) => {
      const onProgress = ({ done }: DownloadProgress): void => {
        if (done > 0) throw thrown;
      };
      await expect(open({ onProgress })).rejects.toBe(thrown);
      expect(page.held.get("ropewalk-hub")?.size ?? 0).toBe(0);
      expect(await read(await open(), "model.safetensors")).toEqual(weights);
    },
  );

  it("refuses a wrong address although the cache has the model: it is not a hub that is gone", async () => {
    await read(await open(), "model.safetensors");
    for (const endpoint of ["nope", "ftp://hub", hub.endpoint.replace("http://", "")])
      await expect(open({ endpoint })).rejects.toThrow("endpoint must be an address that begins with https:// or http");
    expect(notices).toEqual([]);
    // The same address in another form is the same hub.
    hub.requests.length = 0;
    expect(
      await read(await open({ endpoint: `${hub.endpoint.replace("http", "HTTP")}//` }), "model.safetensors"),
    ).toEqual(weights);
    expect(routes()).toEqual(["commit"]);
  });

  it("runs without room in the cache, and says so", async () => {
    visit(pageCaches(2000));
    const { decoder } = await loadCheckpoint(await open());
    expect(decoder.numLayers).toBe(5);
    expect(notices).toEqual(
      expect.arrayContaining([
        `openHub: ${hub.endpoint}/models--owner--stories/blobs/${hashOf("model.safetensors", weights)} could not be kept in the cache "ropewalk-hub": QuotaExceededError: Quota exceeded.`,
      ]),
    );
  });

  it("says where there is no Cache Storage", async () => {
    vi.stubGlobal("caches", undefined);
    expect(await rejectionOf(open())).toBe(
      'Error: openHub: the cache "ropewalk-hub" needs Cache Storage, which browsers give to pages of a secure context (https: or localhost), got none',
    );
  });

  it("refuses what Node's refuses", async () => {
    await expect(open({ id: "stories" })).rejects.toThrow('openHub: id must be owner/name, got "stories"');
    await expect(open({ patience: 1 } as never)).rejects.toThrow('got "patience"');
    await expect(openSource(id, { revision: "main" } as never)).rejects.toThrow(
      "openSource: options must have no keys",
    );
    await expect((await open()).file("../config.json")).rejects.toThrow("must be a name that stays inside its folder");
  });
});
