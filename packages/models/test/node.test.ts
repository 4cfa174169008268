import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openFolder } from "../src/node.ts";

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
    await expect(file?.source.read(2, 10)).rejects.toThrow(new RangeError(`read: ${path} must have 10 bytes, got 4`));
  });

  it("refuses what is no checkpoint's folder", async () => {
    const absent = join(folder, "absent");
    await expect(openFolder(absent)).rejects.toThrow(
      new RangeError(`openFolder: ${absent} must be a folder, got nothing`),
    );
    const file = join(folder, "bytes");
    await expect(openFolder(file)).rejects.toThrow(new RangeError(`openFolder: ${file} must be a folder, got a file`));
    await expect(openFolder(tmpdir())).rejects.toThrow(
      new RangeError(`openFolder: ${tmpdir()} must have a file config.json, got nothing`),
    );
    await expect(openFolder(new URL("https://example.org/m/"))).rejects.toThrow(
      new RangeError("openFolder: a URL must be a file: URL, got https://example.org/m/"),
    );
  });
});
