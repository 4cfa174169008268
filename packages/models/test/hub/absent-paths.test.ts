/** A path that is not there is said to be so, and the hub is not asked for it. */
import { resolve } from "node:path";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { expect, it } from "vitest";
import { openSource } from "../../src/hub.ts";

const onHub = (source: string) => openSource(source, { endpoint: "http://127.0.0.1:9", cacheFolder: scratchFolder() });

it.each(["nosuch.gguf", "nosuch.GGUF", "nosuch.Onnx", "nosuch/deeper/m.gguf", "packages/nosuch/m", "packages\\nosuch"])(
  "%s",
  async (source) => {
    await expect(onHub(source)).rejects.toThrow(
      new RangeError(
        `openSource: ${source} must be a path that is there, got no file of this name at ${resolve(source)}`,
      ),
    );
  },
);

it.each(["packages/nosuch", "owner/m.gguf"])("%s, which may be an id too", async (source) => {
  await expect(onHub(source)).rejects.toThrow(
    new RangeError(
      `openSource: ${source} must be a path that is there, got no file of this name at ${resolve(source)}; ${source}@main is the one on the hub`,
    ),
  );
});

it.each(["packages/nosuch@main", "packages/nosuch:Q4_K_M", "owner/name:m.gguf", "owner/name@main:m.gguf", "owner/m"])(
  "%s is one of the hub",
  async (source) => {
    await expect(onHub(source)).rejects.toThrow(/^openHub: \w+\/\w+: http:\/\/127\.0\.0\.1:9 could not be reached/);
  },
);
