/** Weights that are mapped from files which others write to meanwhile: noticed where that can be. */
import { selfExtend } from "@ropewalk/context-extension";
import { openFolder } from "@ropewalk/models/node";
import { cpSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { describe, expect, it } from "vitest";
import { loadModel } from "../../src/index.ts";
import { backends } from "../backends.ts";
import { stories260K } from "@ropewalk/tiny-models";

describe("files of weights that change while a model is loaded", () => {
  const [cpu] = backends;

  it.each([
    ["cut short", (path: string) => truncateSync(path, 1000), "1000 bytes instead of"],
    ["written over", (path: string) => writeFileSync(path, readFileSync(path)), "one that was written to at"],
    ["taken away", (path: string) => rmSync(path), "nothing there"],
  ])("%s: the next session says so", async (_, change, said) => {
    const folder = scratchFolder();
    cpSync(stories260K.url, folder, { recursive: true });
    const path = join(folder, "model.safetensors");
    utimesSync(path, 1, 1);
    const model = await loadModel(await openFolder(folder), { backend: cpu!, cache: "float32" });
    change(path);
    await expect(model.withExtension(selfExtend({ groupSize: 4, window: 64 }))).rejects.toThrow(
      `loadModel: model.safetensors of ${basename(folder)} must be as it was when it was opened, got ${said}`,
    );
    await model.release();
    rmSync(folder, { recursive: true });
  });
});
