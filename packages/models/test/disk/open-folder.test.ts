import { mkdir, mkdtemp, realpath, rename, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isGgufFile, openFolder } from "../../src/node.ts";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ropewalk models "));
  await writeFile(join(folder, "config.json"), "{}");
  await writeFile(
    join(folder, "bytes"),
    Uint8Array.from({ length: 100 }, (_, i) => i),
  );
});

afterAll(() => rm(folder, { recursive: true }));

describe("openFolder", () => {
  it("reads ranges, by path or URL", async () => {
    for (const place of [folder, `${folder}/`, pathToFileURL(folder), pathToFileURL(`${folder}/`)]) {
      const opened = await openFolder(place);
      expect(opened.name).toBe(basename(folder));
      const file = await opened.file("bytes");
      expect(file?.external).toEqual({ kind: "path", folder, file: "bytes" });
      expect(file?.source.size).toBe(100);
      expect(await file?.source.read(97, 100)).toEqual(Uint8Array.of(97, 98, 99));
      expect(await file?.source.read(5, 5)).toEqual(new Uint8Array(0));
    }
  });

  it("has no file where there is none, or a folder", async () => {
    const opened = await openFolder(folder);
    expect(await opened.file("absent")).toBeUndefined();
    expect(await opened.file("bytes/absent")).toBeUndefined();
    expect(await opened.file(".")).toBeUndefined();
  });

  it("tells when a file has become shorter", async () => {
    const path = join(folder, "shrinking");
    await writeFile(path, new Uint8Array(10));
    const file = await (await openFolder(folder)).file("shrinking");
    await truncate(path, 4);
    const said = "4 bytes instead of 10";
    await expect(file?.source.read(2, 10)).rejects.toThrow(
      new RangeError(`read: ${path} must be as it was when it was opened, got ${said}`),
    );
    expect(await file?.changed?.()).toBe(said);
  });

  it("tells when a file was written over, and when another has its name, of the same size and time", async () => {
    const path = join(folder, "weights");
    await writeFile(path, "old ones");
    await utimes(path, 1, 1);
    const open = async () => (await (await openFolder(folder)).file("weights"))!;
    const before = await open();
    await writeFile(path, "new ones");
    await expect(before.source.read(0, 8)).rejects.toThrow(/got one that was written to at 20/);
    await utimes(path, 1, 1);
    const again = await open();
    await writeFile(join(folder, "others"), "no match");
    await utimes(join(folder, "others"), 1, 1);
    await rename(join(folder, "others"), path);
    await expect(again.source.read(0, 8)).rejects.toThrow(
      new RangeError(`read: ${path} must be as it was when it was opened, got another file of that name`),
    );
    await rm(path);
    expect(await again.changed?.()).toBe("nothing there");
  });

  it.each(["a\0b", new URL("file:///a%00b")])("refuses a path with a null character: %j", async (path) => {
    await expect(openFolder(path)).rejects.toThrow(
      /^openFolder: folder must be a path, without null characters, got ".*a\\u0000b"$/,
    );
  });

  it("names the content that a link leads to", async () => {
    const blobs = join(folder, "blobs");
    await mkdir(blobs);
    await writeFile(join(blobs, "0a1b"), Uint8Array.of(1, 2));
    await symlink(join("blobs", "0a1b"), join(folder, "model.safetensors"));
    const file = await (await openFolder(folder)).file("model.safetensors");
    expect(file?.external).toEqual({ kind: "path", folder: await realpath(blobs), file: "0a1b" });
    expect(await file?.source.read(0, 2)).toEqual(Uint8Array.of(1, 2));
  });

  it("opens a GGUF file by its path, and by that of the folder that it lies in alone", async () => {
    const lone = join(folder, "lone.gguf");
    await mkdir(lone);
    const model = join(lone, "model.gguf");
    await expect(openFolder(model)).rejects.toThrow(
      new RangeError(`openFolder: ${model} must be a GGUF file, got nothing`),
    );
    await writeFile(model, "GGUF");
    for (const path of [model, lone]) {
      const opened = await openFolder(path);
      expect([opened.name, opened.gguf]).toEqual(["model.gguf", "model.gguf"]);
      expect((await opened.file("model.gguf"))?.external).toMatchObject({ kind: "path", file: "model.gguf" });
    }
    await writeFile(join(lone, "split-00002-of-00002.gguf"), "GGUF");
    await expect(openFolder(lone)).rejects.toThrow(
      /must have one GGUF model, or be the path of one, got \["model\.gguf", "split-00001-of-00002\.gguf"\]/,
    );
    await rm(model);
    expect((await openFolder(lone)).gguf).toBe("split-00001-of-00002.gguf");
    // Repositories of GGUF files may have a config.json, which belongs to none of them.
    await writeFile(join(lone, "config.json"), "{}");
    expect((await openFolder(lone)).gguf).toBe("split-00001-of-00002.gguf");
    await writeFile(join(lone, "model.safetensors"), "");
    expect(await openFolder(lone)).not.toHaveProperty("gguf");
  });

  it("knows a GGUF file of another name by its first bytes", async () => {
    for (const [name, content] of [
      [`sha256-${"a1".repeat(32)}`, "GGUF and more"],
      ["m.GGUF", "GGUF"],
    ] as const) {
      const path = join(folder, name);
      await writeFile(path, content);
      expect((await openFolder(path)).gguf).toBe(name);
      expect(await isGgufFile(path)).toBe(true);
    }
    for (const [name, content] of [
      ["short", "GGU"],
      ["other", "GGML and more"],
    ] as const) {
      const path = join(folder, name);
      await writeFile(path, content);
      expect(await isGgufFile(path)).toBe(false);
      await expect(openFolder(path)).rejects.toThrow(`${path} must be a folder or a GGUF file, got a file`);
    }
    expect(await isGgufFile(folder)).toBe(false);
  });

  it("takes a model's eyes beside it for no model", async () => {
    const both = join(folder, "eyes");
    await mkdir(both);
    await writeFile(join(both, "mmproj-m-f16.gguf"), "GGUF");
    await expect(openFolder(both)).rejects.toThrow(/must have a file config\.json, got nothing/);
    for (const name of ["m.mmproj-Q8_0.gguf", "m-Q8_0.GGUF"]) await writeFile(join(both, name), "GGUF");
    expect((await openFolder(both)).gguf).toBe("m-Q8_0.GGUF");
  });

  it("refuses what is no checkpoint's folder", async () => {
    const absent = join(folder, "absent");
    await expect(openFolder(absent)).rejects.toThrow(
      new RangeError(`openFolder: ${absent} must be a folder, got nothing`),
    );
    const loop = join(folder, "loop.gguf");
    await symlink(loop, loop);
    for (const path of [loop, join(folder, `${"x".repeat(300)}.gguf`)])
      await expect(openFolder(path)).rejects.toThrow(
        new RangeError(`openFolder: ${path} must be a GGUF file, got nothing`),
      );
    const file = join(folder, "bytes");
    await expect(openFolder(file)).rejects.toThrow(
      new RangeError(`openFolder: ${file} must be a folder or a GGUF file, got a file`),
    );
    await expect(openFolder(tmpdir())).rejects.toThrow(
      new RangeError(`openFolder: ${tmpdir()} must have a file config.json, got nothing`),
    );
    await expect(openFolder(new URL("https://example.org/m/"))).rejects.toThrow(
      new RangeError("openFolder: a URL must be a file: URL, got https://example.org/m/"),
    );
  });
});
