/** A Web Worker in headless Chromium, on WebAssembly with two threads. Skipped, by name, where there is none. */
import { executablePath, openPage } from "@ropewalk/testing/browser/open-page";
import { wasmWorkerScript } from "@ropewalk/testing/workers/start-worker";
import { stories260K } from "@ropewalk/tiny-models";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Page } from "./page.ts";

describe.skipIf(executablePath === undefined)("in Chromium", () => {
  it("a Web Worker tells a story, saves and opens what it read, is stopped, says what is wrong, and is missed when it is ended", async () => {
    const { open, close } = await openPage({
      script: new URL("page.ts", import.meta.url),
      scripts: { worker: wasmWorkerScript },
      importer: "@ropewalk/backend-wasm/package.json",
      models: { stories: fileURLToPath(stories260K.url) },
    });
    try {
      const tab = await open("run");
      const got = await tab.evaluate(() => (globalThis as unknown as Page).run());
      expect(got.text).toBe(", there was a little girl named Lily. She loved to play outsid");
      const { sizes, ids, behind, kept, cut } = got.disk;
      expect([ids, behind]).toEqual([5, got.text]);
      expect(sizes[0]).toBe(sizes[1]);
      expect(kept).toEqual([
        "RangeError: no more",
        "RangeError: no more",
        "RangeError: open: books/none.kv must be a file, got nothing",
        "RangeError: page: books must be absent or a file, got a folder",
        String(sizes[0]),
      ]);
      expect(cut).toMatch(/^RangeError: open: half\.kv: /);
      expect(got.beyond).toMatch(/^RangeError: generate: the run must be at most 1664 tokens/);
      expect(got.reason).toBe("RangeError: enough");
      const dead = "the worker must be alive, got one that was terminated, or ended by its browser";
      expect(got.why).toEqual([
        `Error: openModel: ${dead}`,
        `Error: release: ${dead}`,
        "was terminated, or ended by its browser",
      ]);
      expect(got.missing).toBe(
        "Error: openModel: the worker must be alive, got one that failed, or could not be loaded",
      );
    } finally {
      await close();
    }
  });
});
