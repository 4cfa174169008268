/**
 * Checkpoints from a hub on this machine, through a cache folder that is thrown away.
 * Longer than 400 lines: one hub and one cache folder, with what can go wrong between them, serve all of its parts.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { checkpointFolders, readBytes } from "@ropewalk/testing/checkpoints/checkpoint-folders";
import { bytesOf } from "@ropewalk/testing/checkpoints/safetensors-file";
import { commits, hashOf, startHub, type FakeHub } from "@ropewalk/testing/fake-hub";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openHub, openSource, type DownloadProgress, type HubOptions } from "../../src/hub.ts";
import { loadCheckpoint, type CheckpointFolder } from "../../src/index.ts";

const id = "owner/tiny-llama";
const text = (value: string): Uint8Array => bytesOf(value);
/** Every byte is told from its neighbours. */
const weights = Uint8Array.from({ length: 200_000 }, (_, place) => (place * 7 + (place >> 8)) % 251);
const files = {
  "config.json": text('{"model_type":"llama"}'),
  "tokenizer.json": text("{}"),
  "model.safetensors": weights,
  "pytorch_model.bin": weights,
};

let cacheFolder: string;
let hub: FakeHub;
let notices: string[];
let progress: DownloadProgress[];

beforeEach(async () => {
  for (const name of ["HF_TOKEN", "HF_ENDPOINT", "HF_HUB_OFFLINE", "HF_HOME", "HF_HUB_CACHE"])
    vi.stubEnv(name, undefined);
  cacheFolder = scratchFolder();
  hub = await startHub(id, files);
  notices = [];
  progress = [];
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.stop();
  await rm(cacheFolder, { recursive: true });
});

const open = (options: Partial<HubOptions> = {}): Promise<CheckpointFolder> =>
  openHub({
    id,
    cacheFolder,
    endpoint: hub.endpoint,
    onNotice: (notice) => notices.push(notice),
    onProgress: (step) => progress.push(step),
    ...options,
  });

const read = async (folder: CheckpointFolder, name: string): Promise<Uint8Array | undefined> => {
  const file = await folder.file(name);
  return file && Uint8Array.from(await file.source.read(0, file.source.size));
};

const repository = (): string => join(cacheFolder, "models--owner--tiny-llama");
const snapshot = (): string => join(repository(), "snapshots", commits[0]);
const incomplete = (): string => join(repository(), "blobs", `${hashOf("model.safetensors", weights)}.incomplete`);
const ranges = (): readonly (string | undefined)[] =>
  hub.requests.filter(({ route }) => route === "content").map(({ range }) => range);
const kept = (): number => (existsSync(incomplete()) ? statSync(incomplete()).size : 0);
/** Breaks the content's requests, one after another, when so many bytes of the file have come in all. */
const breaking = (...totals: readonly number[]): FakeHub["fault"] => {
  const left = [...totals];
  return ({ route, range }) => {
    const total = route === "content" ? left.shift() : undefined;
    if (total === undefined) return undefined;
    const from = Number(/\d+/.exec(range!)![0]);
    return { kind: "break", after: total - from, arrived: () => kept() === total };
  };
};

describe("openHub", () => {
  it("lays files out as the hub's other libraries do, and fetches what is asked for alone", async () => {
    const folder = await open();
    expect(folder.name).toBe(id);
    expect(hub.requests.map(({ route }) => route)).toEqual(["commit", "paths", "file"]);
    expect(await read(folder, "model.safetensors")).toEqual(weights);
    expect(await folder.file("generation_config.json")).toBeUndefined();
    expect(readdirSync(repository()).toSorted()).toEqual([".no_exist", "blobs", "refs", "snapshots"]);
    expect(readFileSync(join(repository(), "refs", "main"), "utf8")).toBe(commits[0]);
    expect(readdirSync(snapshot())).toEqual(["config.json", "model.safetensors"]);
    for (const name of ["config.json", "model.safetensors"] as const) {
      const hash = hashOf(name, files[name]);
      expect(readlinkSync(join(snapshot(), name))).toBe(join("..", "..", "blobs", hash));
      expect(new Uint8Array(readFileSync(join(repository(), "blobs", hash)))).toEqual(files[name]);
    }
    expect(readdirSync(join(repository(), "blobs"))).toHaveLength(2);
    expect(readdirSync(join(repository(), ".no_exist", commits[0]))).toEqual(["generation_config.json"]);
    expect(notices).toEqual([]);
  });

  it("names the file behind the link, for runtimes that refuse links out of a folder", async () => {
    const file = await (await open()).file("model.safetensors");
    expect(file?.external).toMatchObject({ kind: "path", file: hashOf("model.safetensors", weights) });
    expect(basename((file!.external as { readonly folder: string }).folder)).toBe("blobs");
  });

  it("asks one question when everything is there, and none for what is known to be absent", async () => {
    const first = await open();
    for (const name of ["model.safetensors", "chat_template.jinja"]) await first.file(name);
    hub.requests.length = 0;
    const second = await open();
    expect(await read(second, "model.safetensors")).toEqual(weights);
    expect(await second.file("chat_template.jinja")).toBeUndefined();
    expect(hub.requests.map(({ url }) => url)).toEqual([`/api/models/${id}/revision/main`]);
  });

  it("opens revisions with a way in their name, and follows one that has moved", async () => {
    await (await open({ revision: "v1/beta" })).file("model.safetensors");
    expect(readFileSync(join(repository(), "refs", "v1", "beta"), "utf8")).toBe(commits[0]);
    hub.commit = commits[1];
    hub.requests.length = 0;
    const moved = await open({ revision: "v1/beta" });
    expect(await read(moved, "model.safetensors")).toEqual(weights);
    expect(readFileSync(join(repository(), "refs", "v1", "beta"), "utf8")).toBe(commits[1]);
    // The content is the same and here already.
    expect(hub.requests.map(({ route }) => route)).toEqual(["commit", "paths", "paths"]);
    await open({ revision: commits[1] });
    expect(readdirSync(join(repository(), "refs"))).toEqual(["v1"]);
  });

  it("mends a link whose content was taken away", async () => {
    await (await open()).file("model.safetensors");
    rmSync(join(repository(), "blobs"), { recursive: true });
    expect(await read(await open(), "model.safetensors")).toEqual(weights);
    expect(readdirSync(join(repository(), "blobs"))).toHaveLength(2);
  });

  it("tells how far a download is", async () => {
    await (await open()).file("model.safetensors");
    const own = progress.filter(({ file }) => file === "model.safetensors");
    expect(own[0]).toEqual({ file: "model.safetensors", done: 0, total: weights.length });
    expect(own.at(-1)).toEqual({ file: "model.safetensors", done: weights.length, total: weights.length });
    expect(own.map(({ done }) => done)).toEqual(own.map(({ done }) => done).toSorted((a, b) => a - b));
  });

  it("sends the token to the hub", async () => {
    vi.stubEnv("HF_TOKEN", "hf_secret");
    await (await open()).file("model.safetensors");
    expect(new Set(hub.requests.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer hf_secret"]));
  });

  it("reads the cache folder and the address from the environment", async () => {
    vi.stubEnv("HF_HOME", cacheFolder);
    vi.stubEnv("HF_ENDPOINT", `${hub.endpoint}/`);
    await openHub({ id });
    expect(existsSync(join(cacheFolder, "hub", basename(repository()), "refs", "main"))).toBe(true);
  });

  it("lets those who ask at once share one download", async () => {
    const folder = await open();
    const all = await Promise.all([1, 2, 3].map(() => read(folder, "model.safetensors")));
    for (const bytes of all) expect(bytes).toEqual(weights);
    expect(ranges()).toEqual(["bytes=0-"]);
  });

  it("gives the right bytes to two that fetch side by side", async () => {
    const [first, second] = await Promise.all([open(), open()]);
    const both = await Promise.all([first, second].map((folder) => read(folder, "model.safetensors")));
    for (const bytes of both) expect(bytes).toEqual(weights);
    // The second has waited for the first.
    expect(ranges()).toEqual(["bytes=0-"]);
    expect(existsSync(join(cacheFolder, ".locks"))).toBe(false);
    expect(readdirSync(join(repository(), "blobs")).filter((name) => name.endsWith(".incomplete"))).toEqual([]);
  });
});

describe("a broken download", () => {
  it("goes on where it broke", async () => {
    hub.fault = breaking(70_000, 120_000);
    expect(await read(await open(), "model.safetensors")).toEqual(weights);
    expect(ranges()).toEqual(["bytes=0-", "bytes=70000-", "bytes=120000-"]);
    expect(existsSync(incomplete())).toBe(false);
  });

  it("keeps what has come for another try", async () => {
    hub.fault = breaking(70_000, 70_000);
    const folder = await open();
    await expect(folder.file("model.safetensors")).rejects.toThrow(
      /^openHub: owner\/tiny-llama: model.safetensors must have 200000 bytes, got 70000: http:\S+ could not be reached \(.+\); what has come is kept in .+, and another try goes on from there$/,
    );
    expect(new Uint8Array(readFileSync(incomplete()))).toEqual(weights.subarray(0, 70_000));
    expect(existsSync(join(snapshot(), "model.safetensors"))).toBe(false);
    hub.requests.length = 0;
    progress.length = 0;
    expect(await read(await open(), "model.safetensors")).toEqual(weights);
    expect(ranges()).toEqual(["bytes=70000-"]);
    expect(progress[0]).toEqual({ file: "model.safetensors", done: 70_000, total: 200_000 });
  });

  it("can be tried again on the same folder", async () => {
    const folder = await open();
    hub.fault = breaking(70_000, 70_000);
    const asked = [1, 2].map(() => folder.file("model.safetensors"));
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await read(folder, "model.safetensors")).toEqual(weights);
    expect(ranges()).toEqual(["bytes=0-", "bytes=70000-", "bytes=70000-"]);
  });

  it("starts anew where the range is ignored, and where what was kept is too long", async () => {
    hub.fault = ({ route, range }) =>
      route !== "content"
        ? undefined
        : range === "bytes=0-"
          ? { kind: "break", after: 70_000, arrived: () => kept() === 70_000 }
          : { kind: "whole" };
    expect(await read(await open(), "model.safetensors")).toEqual(weights);
    rmSync(repository(), { recursive: true });
    await mkdir(join(repository(), "blobs"), { recursive: true });
    await writeFile(incomplete(), new Uint8Array(200_001));
    hub.fault = () => undefined;
    hub.requests.length = 0;
    expect(await read(await open(), "model.safetensors")).toEqual(weights);
    expect(ranges()).toEqual(["bytes=0-"]);
  });

  it("ends when it is aborted, with the reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const folder = await open({
      signal: controller.signal,
      onProgress: ({ file, done }) => {
        if (file === "model.safetensors" && done > 0) controller.abort(reason);
      },
    });
    await expect(folder.file("model.safetensors")).rejects.toBe(reason);
    expect(existsSync(incomplete())).toBe(true);
  });
});

describe("content that is not what the hub has", () => {
  const sent = (bytes: Uint8Array): void => {
    hub.fault = ({ route }) => (route === "content" ? { kind: "send", bytes } : undefined);
  };

  it("is refused when a byte is wrong, and thrown away", async () => {
    sent(weights.with(100_000, 255));
    await expect((await open()).file("model.safetensors")).rejects.toThrow(
      /model.safetensors from http:\S+ must have the hash [0-9a-f]{64}, got [0-9a-f]{64}; it was thrown away$/,
    );
    expect(existsSync(incomplete())).toBe(false);
    hub.fault = ({ route }) => (route === "file" ? { kind: "send", bytes: text("{}") } : undefined);
    await expect((await open()).file("tokenizer.json")).resolves.toBeDefined();
  });

  it("is refused when a small file's byte is wrong", async () => {
    hub.fault = ({ route }) => (route === "file" ? { kind: "send", bytes: text('{"model_type":"Llama"}') } : undefined);
    await expect(open()).rejects.toThrow(/config.json from http:\S+ must have the hash [0-9a-f]{40}, got [0-9a-f]{40}/);
  });

  it("is refused when it is too short, or too long", async () => {
    sent(new Uint8Array(0));
    await expect((await open()).file("model.safetensors")).rejects.toThrow(
      /model.safetensors must have 200000 bytes, got 0: http:\S+ sent no more/,
    );
    sent(new Uint8Array(200_001));
    await expect((await open()).file("model.safetensors")).rejects.toThrow(
      /must answer as the hub does, got more than the 200000 bytes of model.safetensors/,
    );
  });
});

describe("without the hub", () => {
  const warm = async (): Promise<void> => {
    const folder = await open();
    for (const name of ["model.safetensors", "generation_config.json"]) await folder.file(name);
  };

  const ways: readonly (readonly [string, () => unknown, RegExp])[] = [
    ["a hub that is gone", () => hub.stop(), /: http:\S+ could not be reached \([^)]+\)$/],
    ["HF_HUB_OFFLINE", () => vi.stubEnv("HF_HUB_OFFLINE", "1"), /: HF_HUB_OFFLINE keeps http:\S+ from being asked$/],
    [
      "a hub that is out of order",
      () => (hub.fault = () => ({ kind: "status", status: 503 })),
      /: http:\S+ answered 503$/,
    ],
  ];

  it.each(ways)("uses the cache: %s", async (_, leave, why) => {
    await warm();
    hub.requests.length = 0;
    await leave();
    const folder = await open();
    expect(await read(folder, "model.safetensors")).toEqual(weights);
    expect(await folder.file("generation_config.json")).toBeUndefined();
    const [reason, used] = notices[0]!.split("; ");
    expect(reason).toMatch(why);
    expect(notices).toEqual([`${reason}; ${used}`]);
    expect(used).toBe(`the commit ${commits[0]} in ${cacheFolder} is used`);
    // What nobody has asked for before may be there or not: that is said.
    expect(await folder.file("tokenizer_config.json")).toBeUndefined();
    expect(notices.slice(1)).toEqual([
      `${reason}; tokenizer_config.json is not in ${cacheFolder} and is taken as absent`,
    ]);
    expect(hub.requests.filter(({ route }) => route !== "commit")).toEqual([]);
  });

  it("keeps to the older commit when the newer one could not be fetched", async () => {
    await warm();
    hub.commit = commits[1];
    hub.fault = ({ route }) => (route === "commit" ? undefined : { kind: "status", status: 503 });
    await expect(open()).rejects.toThrow("config.json must be fetched, but");
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    expect(await read(await open(), "model.safetensors")).toEqual(weights);
  });

  it("opens a commit by its hash", async () => {
    await warm();
    vi.stubEnv("HF_HUB_OFFLINE", "ON");
    hub.requests.length = 0;
    expect(await read(await open({ revision: commits[0] }), "model.safetensors")).toEqual(weights);
    expect(hub.requests).toEqual([]);
  });

  it("warns on its own when nobody listens", async () => {
    await warm();
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    await openHub({ id, cacheFolder, endpoint: hub.endpoint });
    expect(warned.mock.calls).toEqual([
      [expect.stringContaining(`the commit ${commits[0]} in ${cacheFolder} is used`)],
    ]);
    warned.mockRestore();
  });

  it("reads what another library left: links alone, without what it knew to be absent", async () => {
    await mkdir(join(repository(), "blobs"), { recursive: true });
    await mkdir(join(repository(), "refs"));
    await mkdir(snapshot(), { recursive: true });
    for (const [name, bytes] of Object.entries({
      "config.json": text("{}"),
      "model.safetensors.index.json": text("{}"),
    })) {
      await writeFile(join(repository(), "blobs", hashOf(name, bytes)), bytes);
      await symlink(join("..", "..", "blobs", hashOf(name, bytes)), join(snapshot(), name));
    }
    await writeFile(join(repository(), "refs", "main"), commits[0]);
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    const folder = await open();
    // Its weights are in shards, so that there is no single file to miss.
    expect(await folder.file("model.safetensors")).toBeUndefined();
    expect(notices).toHaveLength(1);
    await expect(folder.file("model-00001-of-00002.safetensors")).rejects.toThrow(
      `and the cache ${cacheFolder} must then have model-00001-of-00002.safetensors, got nothing`,
    );
  });

  it("misses what can't be done without", async () => {
    await open();
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    await expect((await open()).file("model.safetensors")).rejects.toThrow(
      `openHub: ${id}: HF_HUB_OFFLINE keeps ${hub.endpoint} from being asked, and the cache ${cacheFolder} must then have model.safetensors, got nothing`,
    );
    await expect(open({ revision: "v2" })).rejects.toThrow(`the cache ${cacheFolder} must then have v2, got nothing`);
  });

  it("says what it could not reach and where it looked", async () => {
    await hub.stop();
    const said = `and the cache ${cacheFolder} must then have main, got nothing`;
    await expect(open()).rejects.toThrow(said);
    await expect(open()).rejects.toThrow(
      `openHub: ${id}: ${hub.endpoint} could not be reached (connect ECONNREFUSED ${new URL(hub.endpoint).host}), ${said}`,
    );
    await expect(open({ endpoint: "http://hub.invalid" })).rejects.toThrow(
      /^openHub: owner\/tiny-llama: http:\/\/hub\.invalid could not be reached \(.*hub\.invalid.*\), and the cache /,
    );
  });

  it("fails openly when the hub goes away between two files", async () => {
    const folder = await open();
    await hub.stop();
    await expect(folder.file("tokenizer_config.json")).rejects.toThrow(
      /^openHub: owner\/tiny-llama: tokenizer_config.json must be fetched, but http:\S+ could not be reached/,
    );
  });
});

describe("a hub that stops answering", () => {
  const timeout = 150;
  const silentAt =
    (wanted: string): FakeHub["fault"] =>
    ({ route }) =>
      route === wanted ? { kind: "silent" } : undefined;
  const said = `within the timeout of ${timeout} milliseconds`;

  it("is not waited for without end, and the address and the limit are named", async () => {
    hub.fault = silentAt("commit");
    await expect(open({ timeout })).rejects.toThrow(
      `openHub: ${id}: ${hub.endpoint}/api/models/${id}/revision/main did not answer ${said}, and the cache ${cacheFolder} must then have main, got nothing`,
    );
    hub.fault = silentAt("paths");
    await expect(open({ timeout })).rejects.toThrow(
      `openHub: ${id}: config.json must be fetched, but ${hub.endpoint}/api/models/${id}/paths-info/${commits[0]} did not answer ${said}`,
    );
    hub.fault = silentAt("file");
    await expect(open({ timeout })).rejects.toThrow(
      `openHub: ${id}: config.json must have ${files["config.json"].length} bytes, got 0: ${hub.endpoint}/${id}/resolve/${commits[0]}/config.json did not answer ${said}; what has come is kept in ${cacheFolder}`,
    );
  });

  it("in the middle of a file is asked again as long as something comes, and then no more", async () => {
    const folder = await open({ timeout });
    const stops = [50_000, 30_000, 0];
    hub.fault = ({ route }) => (route === "content" ? { kind: "stall", after: stops.shift()! } : undefined);
    await expect(folder.file("model.safetensors")).rejects.toThrow(
      `openHub: ${id}: model.safetensors must have 200000 bytes, got 80000: ${hub.endpoint}/${id}/resolve/${commits[0]}/model.safetensors sent nothing more ${said}`,
    );
    expect(ranges()).toEqual(["bytes=0-", "bytes=50000-", "bytes=80000-"]);
    hub.fault = () => undefined;
    expect(await read(folder, "model.safetensors")).toEqual(weights);
    expect(ranges().at(-1)).toBe("bytes=80000-");
  });

  it("is done without where the cache has what is needed", async () => {
    await (await open()).file("model.safetensors");
    hub.fault = silentAt("commit");
    expect(await read(await open({ timeout }), "model.safetensors")).toEqual(weights);
    expect(notices).toEqual([
      `openHub: ${id}: ${hub.endpoint}/api/models/${id}/revision/main did not answer ${said}; the commit ${commits[0]} in ${cacheFolder} is used`,
    ]);
  });

  it("is not waited for by another fetch either, and the signal ends the wait", async () => {
    const forever = (() => new Promise(() => {})) as typeof fetch;
    await expect(open({ timeout, fetch: forever })).rejects.toThrow(said);
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await expect(open({ timeout: Infinity, fetch: forever, signal: stop.signal })).rejects.toThrow("enough");
  });

  it("that is slow, but goes on, is waited for", async () => {
    const slowly = (async (input: string | URL | Request, init?: RequestInit) => {
      const response = await fetch(input, init);
      const pieces = new TransformStream<Uint8Array, Uint8Array>({
        transform: async (piece, into) => {
          for (let at = 0; at < piece.length; at += Math.ceil(piece.length / 4)) {
            await new Promise((later) => setTimeout(later, 100));
            into.enqueue(piece.subarray(at, at + Math.ceil(piece.length / 4)));
          }
        },
      });
      const { status, headers } = response;
      return new Response(String(input).includes("/resolve/") ? response.body!.pipeThrough(pieces) : response.body, {
        status,
        headers,
      });
    }) as typeof fetch;
    const folder = await open({ timeout: 250, fetch: slowly });
    expect(await read(folder, "tokenizer.json")).toEqual(files["tokenizer.json"]);
    expect(await read(folder, "model.safetensors")).toEqual(weights);
  });

  it("has the limit that the environment states, in seconds", async () => {
    vi.stubEnv("HF_HUB_DOWNLOAD_TIMEOUT", "0.1");
    hub.fault = silentAt("commit");
    await expect(open()).rejects.toThrow("did not answer within the timeout of 100 milliseconds");
    vi.stubEnv("HF_HUB_DOWNLOAD_TIMEOUT", "soon");
    await expect(open()).rejects.toThrow("openHub: HF_HUB_DOWNLOAD_TIMEOUT must be above 0 and at most 2147483647");
  });

  it.each([0, -1, Number.NaN, 2 ** 31])("cannot have the limit %s", async (bad) => {
    await expect(open({ timeout: bad })).rejects.toThrow(
      new RangeError(`openHub: timeout must be above 0 and at most 2147483647 milliseconds, or Infinity, got ${bad}`),
    );
    await expect(open({ timeout: "10" as never })).rejects.toThrow(TypeError);
  });
});

describe("a cached file that is not what its name says", () => {
  const blob = (name: keyof typeof files): string => join(repository(), "blobs", hashOf(name, files[name]));
  const spoil = async (name: keyof typeof files, bytes: Uint8Array): Promise<void> => {
    await (await open()).file(name);
    await writeFile(blob(name), bytes);
  };

  it.each([
    ["config.json", text('{"model_type":"llamb"}')],
    ["tokenizer.json", new Uint8Array(0)],
    ["model.safetensors", weights.subarray(0, 1000)],
    ["model.safetensors", weights.with(7, 0)],
  ] as const)("is refused with its path and a remedy: %s", async (name, bytes) => {
    await spoil(name, bytes);
    const refused = async () => (await open()).file(name);
    const hash = hashOf(name, bytes);
    const message = `openHub: ${id}: ${name} must have the hash ${hashOf(name, files[name])}, got ${hash} in ${blob(name)}; delete that file, and it is fetched again`;
    await expect(refused()).rejects.toThrow(message);
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    await expect(refused()).rejects.toThrow(message);
    vi.stubEnv("HF_HUB_OFFLINE", undefined);
    // The remedy helps.
    await rm(blob(name));
    expect(await read(await open(), name)).toEqual(files[name]);
  });

  it("is seen to be so in large weights by where they end, which costs no reading", async () => {
    const size = (1 << 25) + 1000;
    const header = (end: number): Uint8Array => {
      const json = text(JSON.stringify({ a: { dtype: "U8", shape: [end], data_offsets: [0, end] } }));
      const bytes = new Uint8Array(8 + json.length);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
      bytes.set(json, 8);
      return bytes;
    };
    const whole = new Uint8Array(size);
    whole.set(header(size - header(size).length));
    await hub.stop();
    hub = await startHub(id, { ...files, "model.safetensors": whole });
    await (await open()).file("model.safetensors");
    const path = join(repository(), "blobs", hashOf("model.safetensors", whole));
    await expect((await open()).file("model.safetensors")).resolves.toBeDefined();
    await writeFile(path, whole.subarray(0, size - 1));
    await expect((await open()).file("model.safetensors")).rejects.toThrow(`in ${path}; delete that file`);
    await writeFile(path, new Uint8Array(size));
    await expect((await open()).file("model.safetensors")).rejects.toThrow(`in ${path}; delete that file`);
  });
});

describe("what the hub refuses", () => {
  it.each([
    [
      401,
      undefined,
      "answered 401: it has no such repository, or one that wants a token (HF_TOKEN) with access, got none",
    ],
    [
      403,
      "hf_x",
      "answered 403: it has no such repository, or one that wants a token (HF_TOKEN) with access, got one without",
    ],
    [404, undefined, `answered 404: it has no model ${id} at the revision main`],
    [418, undefined, "answered 418: status 418"],
  ])("%s", async (status, token, message) => {
    hub.fault = () => ({ kind: "status", status });
    const options = token === undefined ? {} : { token };
    await expect(open(options)).rejects.toThrow(`openHub: ${id}: ${hub.endpoint} ${message}`);
  });

  it("a gated repository's files, though its page is open", async () => {
    hub.fault = ({ route }) => (route === "file" ? { kind: "status", status: 403 } : undefined);
    await expect(open()).rejects.toThrow(`${hub.endpoint} answered 403: it has no such repository, or one that wants`);
  });

  it("a repository or a revision that is not there, though the cache has one", async () => {
    await open();
    await expect(open({ id: "owner/nothing" })).rejects.toThrow("it has no model owner/nothing at the revision main");
    await expect(open({ revision: "v9" })).rejects.toThrow(`it has no model ${id} at the revision v9`);
  });

  it("a page where an answer should be", async () => {
    hub.fault = () => ({ kind: "page" });
    await expect(open()).rejects.toThrow(`openHub: ${id}: ${hub.endpoint} must answer as the hub does, got `);
  });

  it("a commit that is none", async () => {
    hub.commit = "../../../elsewhere";
    await expect(open()).rejects.toThrow(
      `openHub: ${hub.endpoint} for ${id} must give a commit, got "../../../elsewhere"`,
    );
  });
});

describe("what is refused before the hub is asked", () => {
  it.each(["tiny-llama", "a/b/c", "/b", "a/", "../b", "a/..", "a/b--c", "a b/c", "a/b@main", ""])(
    "the id %j",
    async (bad) => {
      await expect(open({ id: bad })).rejects.toThrow(
        new RangeError(`openHub: id must be owner/name, got ${JSON.stringify(bad)}`),
      );
      expect(hub.requests).toEqual([]);
    },
  );

  it.each(["", "../main", "a//b", "/main", "a/..", "a\\b", "C:main"])("the revision %j", async (revision) => {
    await expect(open({ revision })).rejects.toThrow(
      `openHub: revision must be a name that stays inside its folder, got ${JSON.stringify(revision)}`,
    );
    expect(hub.requests).toEqual([]);
  });

  it("a file's name that leads out", async () => {
    await expect((await open()).file("../../refs/main")).rejects.toThrow(
      'openHub: a file must be a name that stays inside its folder, got "../../refs/main"',
    );
  });

  it("a token that is none, without showing it", async () => {
    const failed = open({ token: "secret" });
    await expect(failed).rejects.toThrow("openHub: the token (HF_TOKEN) must start with hf_, got one that does not");
    await expect(failed).rejects.not.toThrow("secret");
    // As one that was read from a file with a line end.
    const broken = open({ token: "hf_secret\n" });
    await expect(broken).rejects.toThrow(
      /^openHub: the token \(HF_TOKEN\) must be letters.* got one with a space, a line/,
    );
    await expect(broken).rejects.not.toThrow("secret");
    expect(hub.requests).toEqual([]);
  });
});

describe("checkpoints", () => {
  const serve = async (held: Readonly<Record<string, Uint8Array>>): Promise<void> => {
    await hub.stop();
    hub = await startHub(id, held);
  };
  const llama = (file: string): Uint8Array => readBytes(checkpointFolders.llama, file);
  const small = {
    "config.json": llama("config.json"),
    "generation_config.json": llama("generation_config.json"),
  };

  it("are read as from a folder", async () => {
    await serve({ ...small, "model.safetensors": llama("model.safetensors") });
    const { decoder, tensors, tokenizer } = await loadCheckpoint(await open());
    expect(decoder.family).toBe("llama");
    expect([...tensors.keys()]).toEqual(expect.arrayContaining(Object.keys(decoder.tensors)));
    expect(tokenizer).toBeUndefined();
    const names = hub.requests.filter(({ route }) => route === "file").map(({ url }) => url.split("/").at(-1));
    expect(names).toEqual(["config.json", "model.safetensors", "generation_config.json"]);
  });

  it("are refused before their weights are fetched", async () => {
    await serve({ "config.json": text('{"model_type":"mamba"}'), "model.safetensors": weights });
    await expect(loadCheckpoint(await open())).rejects.toThrow("mamba");
    expect(ranges()).toEqual([]);
  });

  it("may be in shards, each fetched once", async () => {
    const bytes = llama("model.safetensors");
    const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Readonly<
      Record<string, { readonly data_offsets: readonly [number, number] }>
    >;
    const tensors = Object.entries(header).filter(([name]) => name !== "__metadata__");
    const shardOf = (held: typeof tensors): Uint8Array => {
      const start = Math.min(...held.map(([, { data_offsets }]) => data_offsets[0]));
      const end = Math.max(...held.map(([, { data_offsets }]) => data_offsets[1]));
      const moved = held.map(([name, entry]) => [
        name,
        { ...entry, data_offsets: entry.data_offsets.map((place) => place - start) },
      ]);
      const head = text(JSON.stringify(Object.fromEntries(moved)));
      const shard = new Uint8Array(8 + head.length + end - start);
      new DataView(shard.buffer).setBigUint64(0, BigInt(head.length), true);
      shard.set(head, 8);
      shard.set(bytes.subarray(8 + length + start, 8 + length + end), 8 + head.length);
      return shard;
    };
    const sorted = tensors.toSorted(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0]);
    const halves = { "a.safetensors": sorted.slice(0, 5), "b.safetensors": sorted.slice(5) };
    const map = Object.entries(halves).flatMap(([file, held]) => held.map(([name]) => [name, file]));
    await serve({
      ...small,
      "model.safetensors.index.json": text(JSON.stringify({ weight_map: Object.fromEntries(map) })),
      "a.safetensors": shardOf(halves["a.safetensors"]),
      "b.safetensors": shardOf(halves["b.safetensors"]),
    });
    const { files: opened, tensors: found, locate } = await loadCheckpoint(await open());
    expect(found.size).toBe(sorted.length);
    expect(ranges()).toEqual(["bytes=0-", "bytes=0-"]);
    // Where a graph says that a tensor lies is a file that the backend is given.
    const given = opened.map(({ external }) => external.file);
    expect(given).toHaveLength(2);
    for (const name of ["model.embed_tokens.weight", "model.norm.weight"])
      expect(given).toContain(locate(name).location);
    await hub.stop();
    expect((await loadCheckpoint(await open())).tensors.size).toBe(sorted.length);
  });
});

describe("openSource", () => {
  const options = () => ({ cacheFolder, endpoint: hub.endpoint, onNotice: () => {} });

  it("opens a folder by its path, wherever one is", async () => {
    const folder = join(cacheFolder, "here");
    await mkdir(folder);
    await writeFile(join(folder, "config.json"), "{}");
    expect((await openSource(folder)).name).toBe("here");
    // A path that would be an id as well.
    await expect(openSource("packages/models", options())).rejects.toThrow(
      /^openFolder: .*packages.models must have a file config.json/,
    );
    for (const path of ["./nowhere", "../nowhere", "/nowhere/at/all", "~/nowhere", "C:nowhere"])
      await expect(openSource(path, options())).rejects.toThrow(
        /^openFolder: .*nowhere.* must be a folder, got nothing/,
      );
    expect(hub.requests).toEqual([]);
  });

  it("opens an id, and a revision of one", async () => {
    expect((await openSource(id, options())).name).toBe(id);
    await openSource(`${id}@v1/beta`, options());
    expect(hub.requests.filter(({ route }) => route === "commit").map(({ url }) => url.split("revision/")[1])).toEqual([
      "main",
      "v1/beta",
    ]);
  });

  it.each(["no-such-model", "a/b/c", "", "stories260k@main"])("refuses %j, and says what it takes", async (bad) => {
    await expect(openSource(bad, options())).rejects.toThrow(
      `openSource: a model must be the path of a folder or of a GGUF file, or owner/name, owner/name@revision or owner/name:Q4_K_M on the hub, got ${JSON.stringify(bad)}`,
    );
    expect(hub.requests).toEqual([]);
  });
});
