/** Models of the hub and of a server in headless Chromium, kept in its Cache Storage. Skipped, by name, where there is none. */
import { askIn } from "@ropewalk/testing/browser/call-page";
import { executablePath, openPage } from "@ropewalk/testing/browser/open-page";
import { commits, hashOf, startHub } from "@ropewalk/testing/fake-hub";
import { stories260K } from "@ropewalk/tiny-models";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Page } from "./page.ts";

const id = "owner/stories";
const names = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"] as const;
const files = Object.fromEntries(
  names.map((name) => [name, new Uint8Array(readFileSync(new URL(name, stories260K.url)))]),
);

describe.skipIf(executablePath === undefined)("in Chromium", () => {
  it("a page loads a model by its name on the hub and one by its address, and keeps both for the next visit", async () => {
    const { browser, open, close } = await openPage({
      script: new URL("page.ts", import.meta.url),
      importer: "@ropewalk/backend-wasm/package.json",
      models: { stories: fileURLToPath(stories260K.url) },
    });
    const hub = await startHub(id, files);
    try {
      const fetched: string[] = [];
      const [context] = browser.contexts();
      context!.on("request", (request) => void fetched.push(new URL(request.url()).pathname));
      const visit = async (ended?: () => Promise<void>) => {
        const tab = await open("run");
        await ended?.();
        return askIn<Page>()(tab, "run", hub.endpoint, id);
      };
      const first = await visit();
      const bytes = files["model.safetensors"]!.length;
      expect(first.byName).toEqual({ family: "llama", bytes, hasTokenizer: true });
      expect(first.byAddress).toEqual(first.byName);
      expect(first.notices).toEqual([]);
      const root = "/models--owner--stories";
      expect(first.kept["models"]!.toSorted()).toEqual(names.map((name) => `/models/stories/${name}`).toSorted());
      expect(first.kept["ropewalk-hub"]).toEqual(
        expect.arrayContaining([
          `${root}/refs/main`,
          ...names.map((name) => `${root}/blobs/${hashOf(name, files[name]!)}`),
          ...names.map((name) => `${root}/snapshots/${commits[0]}/${name}`),
        ]),
      );
      fetched.length = 0;
      const second = await visit(hub.stop);
      expect([second.byName, second.byAddress]).toEqual([first.byName, first.byAddress]);
      expect(second.notices[0]).toBe(
        `openHub: ${id}: ${hub.endpoint} could not be reached (Failed to fetch); the commit ${commits[0]} in ropewalk-hub is used`,
      );
      expect(fetched.filter((path) => names.some((name) => path.endsWith(`/${name}`)))).toEqual([]);
    } finally {
      await close();
      await hub.stop();
    }
  });
});
