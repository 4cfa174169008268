/** The command with a model of the hub; the hub is on this machine. */
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { commits, hashOf, startHub, type FakeHub } from "@ropewalk/testing/fake-hub";
import { downloadBar } from "../../src/terminal/progress-bars.ts";
import { ropewalk, scratch } from "../run.ts";

const id = "owner/stories";
const files = Object.fromEntries(
  ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"].map((name) => [
    name,
    new Uint8Array(readFileSync(`packages/tiny-models/stories260K/${name}`)),
  ]),
);
const home = join(scratch, "home");
const repository = join(home, "hub", "models--owner--stories");
const weights = join(repository, "blobs", hashOf("model.safetensors", files["model.safetensors"]!));

let hub: FakeHub;
beforeEach(async () => {
  hub = await startHub(id, files);
  for (const name of ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE"])
    vi.stubEnv(name, undefined);
  vi.stubEnv("HF_HOME", home);
  vi.stubEnv("HF_ENDPOINT", hub.endpoint);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.stop();
  rmSync(home, { recursive: true, force: true });
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** What is the same at every run: how long it takes is left out. */
const generate = async (model: string) => {
  const run = await ropewalk("generate", model, "Once upon a time", "--max-new-tokens", "8", "--json");
  const untimed = run.stdout.replaceAll(/"(milliseconds|tokensPerSecond)":[^,}]+/g, '"$1":0');
  return { ...run, stdout: untimed };
};

describe("a model of the hub", () => {
  it("is downloaded, then found in the cache, then used without the hub", async () => {
    const shipped = await generate("stories260K");
    const first = await generate(id);
    expect(first).toEqual(shipped);
    expect(readFileSync(join(repository, "refs", "main"), "utf8")).toBe(commits[0]);
    expect(statSync(weights).size).toBe(files["model.safetensors"]!.length);

    hub.requests.length = 0;
    expect(await generate(`${id}@main`)).toEqual(first);
    expect(hub.requests.map(({ route }) => route)).toEqual(["commit"]);

    await hub.stop();
    const alone = await generate(id);
    expect(alone).toMatchObject({ code: 0, stdout: first.stdout });
    expect(alone.stderr).toMatch(
      /^openHub: owner\/stories: http:\S+ could not be reached \(.*\); the commit a{40} in .* is used\n$/,
    );
  });

  it("goes on with a download that broke", async () => {
    const { length } = files["model.safetensors"]!;
    const half = Math.floor(length / 2);
    const kept = (): number => (existsSync(`${weights}.incomplete`) ? statSync(`${weights}.incomplete`).size : 0);
    hub.fault = ({ route, range }) =>
      route === "content"
        ? { kind: "break", after: range === "bytes=0-" ? half : 0, arrived: () => kept() === half }
        : undefined;
    const broken = await generate(id);
    expect(broken).toMatchObject({ code: 1, stdout: "" });
    expect(broken.stderr).toMatch(
      new RegExp(`^ropewalk: openHub: owner/stories: model.safetensors must have ${length} bytes, got ${half}: .*\n$`),
    );
    hub.fault = () => undefined;
    hub.requests.length = 0;
    expect(await generate(id)).toMatchObject({ code: 0, stderr: "" });
    expect(hub.requests.flatMap(({ route, range }) => (route === "content" ? [range] : []))).toEqual([
      `bytes=${half}-`,
    ]);
  });

  it("is taken by every command", async () => {
    const report = await ropewalk("inspect", id, "--json");
    expect(report).toEqual(await ropewalk("inspect", "stories260K", "--json"));
    const passkey = await ropewalk(
      ...[
        "passkey",
        id,
        "--method",
        "none",
        "--lengths",
        "256",
        "--depths",
        "2",
        "--trials",
        "1",
        "--workers",
        "2",
        "--json",
      ],
    );
    expect(passkey).toMatchObject({ code: 0, stderr: "" });
    expect((JSON.parse(passkey.stdout) as { readonly cells: readonly unknown[] }).cells).toHaveLength(2);
  });

  it.each<readonly [string, () => unknown, RegExp]>([
    [
      "cannot be reached",
      () => hub.stop(),
      /http:\S+ could not be reached \(connect ECONNREFUSED .*the cache .*home.hub must then have main/,
    ],
    ["is gated", () => (hub.fault = () => ({ kind: "status", status: 401 })), /answered 401: .*token \(HF_TOKEN\)/],
    [
      "is not there",
      () => (hub.fault = () => ({ kind: "status", status: 404 })),
      /no model owner\/stories at the revision main/,
    ],
  ])("that %s is one clear line", async (_, leave, message) => {
    await leave();
    const { stdout, stderr, code } = await generate(id);
    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    expect(stderr).toMatch(/^ropewalk: openHub: owner\/stories: .*\n$/);
    expect(stderr).toMatch(message);
  });

  it.each([
    [
      "no-such-model",
      'openSource: a model must be the path of a folder or of a GGUF file, or owner/name, owner/name@revision or owner/name:Q4_K_M on the hub, got "no-such-model"',
    ],
    ["./no-such-folder", "no-such-folder must be a folder, got nothing"],
  ])("is asked for by an id alone: %s", async (model, message) => {
    const { stderr, code } = await generate(model);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ropewalk: .*\n$/);
    expect(stderr).toContain(message);
    expect(hub.requests).toEqual([]);
  });
});

describe("the bar", () => {
  const draw = (isTTY: boolean, work: (bar: ReturnType<typeof downloadBar>) => void): string => {
    const stream = Object.assign(new PassThrough(), { isTTY, columns: 80 });
    work(downloadBar(stream));
    return String(stream.read() ?? "");
  };
  const download = ({ onProgress, stop }: ReturnType<typeof downloadBar>): void => {
    for (const done of [250_000, 1_000_000]) onProgress({ file: "a.safetensors", done, total: 1_000_000 });
    onProgress({ file: "b.safetensors", done: 0, total: 2_000_000_000 });
    stop();
  };

  it("shows the file, from where an earlier download ended, and leaves the line empty", () => {
    const drawn = draw(true, download);
    expect(drawn).toContain("25%  a.safetensors, 250 kB of 1.00 MB");
    expect(drawn).toContain("100%  a.safetensors, 1.00 MB of 1.00 MB");
    expect(drawn).toContain("0%  b.safetensors, 0 B of 2.00 GB");
    // Escape [ 0 K clears to the line's end.
    expect(drawn.lastIndexOf("\u001B[0K")).toBeGreaterThan(drawn.lastIndexOf("b.safetensors"));
  });

  it("is not drawn into a file", () => expect(draw(false, download)).toBe(""));
});
