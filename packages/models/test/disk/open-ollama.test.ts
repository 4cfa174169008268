import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openSource } from "../../src/hub.ts";

const digest = `sha256:${"a1".repeat(32)}`;
const blob = digest.replace(":", "-");
const layer = (kind: string, own = digest) => ({
  mediaType: `application/vnd.ollama.image.${kind}`,
  digest: own,
  size: 4,
});

describe("a model of Ollama's", () => {
  let folder: string;
  const write = async (path: readonly string[], content: string): Promise<void> => {
    await mkdir(join(folder, ...path.slice(0, -1)), { recursive: true });
    await writeFile(join(folder, ...path), content);
  };
  const manifest = (path: readonly string[], layers: unknown): Promise<void> =>
    write(["manifests", ...path], JSON.stringify({ layers }));
  const own = ["registry.ollama.ai", "library", "llama3.2", "latest"];

  beforeEach(async () => {
    folder = scratchFolder();
    vi.stubEnv("OLLAMA_MODELS", folder);
    await write(["blobs", blob], "GGUF");
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });

  it.each([
    ["ollama:llama3.2", own],
    ["ollama:llama3.2:1b", [...own.slice(0, 3), "1b"]],
    ["ollama:me/mine", ["registry.ollama.ai", "me", "mine", "latest"]],
    ["ollama:hf.co/me/mine:Q4_K_M", ["hf.co", "me", "mine", "Q4_K_M"]],
  ])("%s is found through its manifest", async (name, path) => {
    await manifest(path, [layer("template", `sha256:${"b2".repeat(32)}`), layer("model")]);
    const notices: string[] = [];
    const found = await openSource(name, { onNotice: (notice) => notices.push(notice) });
    expect(notices).toEqual([expect.stringContaining(`${name}: of the manifest these are not used: template;`)]);
    expect([found.name, found.gguf]).toEqual([name, blob]);
    expect((await found.file(blob))?.source.size).toBe(4);
  });

  it("what else its manifest says is named, and a licence is not", async () => {
    const others = ["license", "params", "system", "projector", "params"].map((kind) => layer(kind));
    const notices: string[] = [];
    const onNotice = (notice: string) => void notices.push(notice);
    await manifest(own, [layer("model"), ...others]);
    await openSource("ollama:llama3.2", { onNotice });
    await manifest(own, [layer("model"), layer("license")]);
    await openSource("ollama:llama3.2", { onNotice });
    expect(notices).toEqual([expect.stringContaining("are not used: params, system, projector;")]);
  });

  it.each([
    ["ollama:", undefined, /must be ollama:name, ollama:name:tag or ollama:owner\/name, got "ollama:"/],
    ["ollama:../x", undefined, /must be ollama:name/],
    ["ollama:llama3.2", undefined, /latest must be a file, which ollama pull writes, got nothing/],
    ["ollama:llama3.2", "{}", /layers must be a list, got nothing/],
    ["ollama:llama3.2", "no", /must be JSON, got "no"/],
    ["ollama:llama3.2", JSON.stringify({ layers: [] }), /must have one layer that is a model, got 0/],
    ["ollama:llama3.2", JSON.stringify({ layers: [layer("model"), layer("adapter")] }), /must have no adapter/],
    ["ollama:llama3.2", JSON.stringify({ layers: [layer("model", "sha256:../x")] }), /digest must be sha256: and 64/],
    [
      "ollama:llama3.2",
      JSON.stringify({ layers: [{ ...layer("model"), size: 5 }] }),
      /sha256-a1a1.* must have 5 bytes, as its manifest says, got 4/,
    ],
    [
      "ollama:llama3.2",
      JSON.stringify({ layers: [{ ...layer("model"), size: "4" }] }),
      /size must be a number, got "4"/,
    ],
    [
      "ollama:llama3.2",
      JSON.stringify({ layers: [layer("model", `sha256:${"c3".repeat(32)}`)] }),
      /there must be a file .*sha256-c3c3.*, got nothing/,
    ],
  ])("%s with the manifest %j is refused by name", async (name, text, message) => {
    if (text !== undefined) await write(["manifests", ...own], text);
    await expect(openSource(name)).rejects.toThrow(message);
  });
});
