/** The AI SDK in a page, in headless Chromium, bundled by esbuild as it is. Skipped, by name, where there is none. */
import { executablePath, openPage } from "@ropewalk/testing/browser/open-page";
import { wasmWorkerScript } from "@ropewalk/testing/workers/start-worker";
import { stories260K } from "@ropewalk/tiny-models";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Page } from "./page.ts";

describe.skipIf(executablePath === undefined)("in Chromium", () => {
  it("answers come from a model in a Web Worker, behind what it read, and end by an abort", async () => {
    const { open, close } = await openPage({
      script: new URL("page.ts", import.meta.url),
      scripts: { worker: wasmWorkerScript },
      importer: "@ropewalk/backend-wasm/package.json",
      models: { stories: fileURLToPath(stories260K.url) },
    });
    try {
      const tab = await open("run");
      const got = await tab.evaluate(() => (globalThis as unknown as Page).run());
      expect(got.text).toBe("was a little girl named Lily. She loved");
      expect(got.cached).toBe(4);
      expect(got.pieces).toBeLessThan(8);
      expect(got.aborted).toEqual(["aborted"]);
    } finally {
      await close();
    }
  });
});
