/** A GGUF file of a repository that has several, and no config.json. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startHub, type FakeHub } from "@ropewalk/testing/fake-hub";
import { inRepository } from "@ropewalk/testing/repository";
import { ggufVectors } from "@ropewalk/testing/vectors";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openSource, type SourceOptions } from "../../src/hub.ts";
import { loadCheckpoint } from "../../src/index.ts";

const id = "owner/tiny-gguf";
const bytes = new Uint8Array(readFileSync(inRepository(`${ggufVectors}/stories260K-q8_0.gguf`)));
const files = { "README.md": new Uint8Array(4), "tiny-Q8_0.gguf": bytes, "tiny-Q4_K_M.gguf": new Uint8Array(8) };

describe("a GGUF file of the hub", () => {
  let [hub, cacheFolder] = [undefined as unknown as FakeHub, ""];
  const notices: string[] = [];
  const options = (): SourceOptions => ({
    endpoint: hub.endpoint,
    cacheFolder,
    onNotice: (notice) => void notices.push(notice),
  });

  beforeEach(async () => {
    hub = await startHub(id, files);
    cacheFolder = await mkdtemp(join(tmpdir(), "ropewalk-gguf-hub-"));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await hub.stop();
    await rm(cacheFolder, { recursive: true });
  });

  it("is found by a short name, fetched alone, and a model", async () => {
    const folder = await openSource(`${id}:q8_0`, options());
    expect([folder.name, folder.gguf]).toEqual([`${id}:tiny-Q8_0.gguf`, "tiny-Q8_0.gguf"]);
    const checkpoint = await loadCheckpoint(folder);
    expect([checkpoint.name, checkpoint.decoder.numLayers]).toEqual([`${id}:tiny-Q8_0`, 5]);
    const fetched = hub.requests.filter(({ route }) => route === "content").map(({ url }) => url);
    expect(fetched).toEqual(["/content/tiny-Q8_0.gguf"]);
  });

  it("is found at a revision, which stands before it or behind it", async () => {
    for (const source of [`${id}@main:Q8_0`, `${id}:Q8_0@main`])
      expect((await openSource(source, options())).gguf).toBe("tiny-Q8_0.gguf");
  });

  it("is opened from the cache without the hub, by its whole name", async () => {
    await openSource(`${id}:Q8_0`, options());
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    expect((await openSource(`${id}:tiny-Q8_0.gguf`, options())).gguf).toBe("tiny-Q8_0.gguf");
    await expect(openSource(`${id}:Q8_0`, options())).rejects.toThrow(
      /the files must be listed to find Q8_0, but HF_HUB_OFFLINE .*; the name of the file needs no list/,
    );
  });

  it.each([
    [
      `${id}:Q5_K_M`,
      /must have one GGUF file for "Q5_K_M", of \["tiny-Q8_0\.gguf", "tiny-Q4_K_M\.gguf"\], got nothing/,
    ],
    [`${id}:other.gguf`, /openHub: owner\/tiny-gguf must have a file other\.gguf, got nothing/],
    [`${id}:../x.gguf`, /gguf must be a name that stays inside its folder/],
    [
      id,
      /^openHub: owner\/tiny-gguf must have a file config\.json, or be asked for with one of its GGUF files, as owner\/tiny-gguf:Q4_K_M, got \["tiny-Q8_0\.gguf", "tiny-Q4_K_M\.gguf"\]$/,
    ],
    [`${id}:IQ4_XS`, /openHub: owner\/tiny-gguf: IQ4_XS must have tensors of the types F32, .*, got "IQ4_XS"/],
    [`${id}:IQ4`, /must have tensors of the types F32, .*, got "IQ4"/],
  ])("%s is refused by name", async (source, message) => {
    await expect(openSource(source, options())).rejects.toThrow(message);
    expect(hub.requests.filter(({ route }) => route === "content")).toEqual([]);
  });
});
