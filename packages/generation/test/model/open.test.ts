/** Models by name: a folder's path, or an id on a hub on this machine. */
import { rm } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startHub, type FakeHub } from "@ropewalk/testing/fake-hub";
import { stories260K } from "@ropewalk/tiny-models";
import { loadModel, openModel } from "../../src/index.ts";
import { backends, load } from "../backends.ts";

const id = "owner/stories";
const names = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"];
const path = "packages/tiny-models/stories260K";

let hub: FakeHub;
let cacheFolder: string;
beforeAll(async () => {
  hub = await startHub(
    id,
    Object.fromEntries(names.map((name) => [name, readFileSync(new URL(name, stories260K.url))])),
  );
  cacheFolder = scratchFolder();
});
afterAll(async () => {
  await hub.stop();
  await rm(cacheFolder, { recursive: true });
});

const ids = [1, 403, 407, 261, 378];

describe("a model by name", () => {
  it("is opened by its folder's path", async () => {
    const { source, text } = await openModel(path);
    expect(source.name).toBe("stories260K");
    expect(text).toBeDefined();
  });

  it("is not what a package says of it, whose address is meant", async () => {
    await expect(openModel(stories260K as never)).rejects.toThrow(
      TypeError(
        "openModel: source must be a folder's path or URL, an id on the hub, a folder of files or an opened model, " +
          "got an object with a url; its url is meant, or openUrl of it in a page?",
      ),
    );
  });

  it("is opened by its folder's URL", async () => {
    const { source, text } = await openModel(stories260K.url);
    expect(source.name).toBe("stories260K");
    expect(text).toBeDefined();
    const { source: fetched } = await openModel(new URL(`${id}/resolve/${hub.commit}/`, hub.endpoint));
    expect(fetched.decoder.trainedContext).toBe(512);
    await expect(openModel(stories260K.url, { hub: {} })).rejects.toThrow(
      "openModel: hub must be absent for a URL, got an object",
    );
  });

  it.each(backends.map((backend) => [backend.name, backend] as const))(
    "runs from the hub as from a folder, and then without the hub: %s",
    async (_, backend) => {
      const here = await load(backend, stories260K);
      const expected = await here.logits(ids);
      await here.release();
      const files = new Set<string>();
      const notices: string[] = [];
      const asked = {
        cacheFolder,
        endpoint: hub.endpoint,
        onProgress: ({ file }: { readonly file: string }) => void files.add(file),
        onNotice: (notice: string) => void notices.push(notice),
      };
      const fetched = await loadModel(id, { backend, hub: asked });
      expect(fetched.source.name).toBe(id);
      expect(await fetched.logits(ids)).toEqual(expected);
      await fetched.release();
      // The second backend finds what the first has fetched.
      expect([...files].toSorted()).toEqual(backend === backends[0] ? names.toSorted() : []);
      expect(notices).toEqual([]);

      vi.stubEnv("HF_HUB_OFFLINE", "1");
      const cached = await loadModel(`${id}@main`, { backend, hub: asked });
      vi.unstubAllEnvs();
      expect(await cached.logits(ids)).toEqual(expected);
      await cached.release();
      expect(notices).toEqual([expect.stringContaining(`in ${cacheFolder} is used`)]);
    },
  );

  it("takes the other options along", async () => {
    const {
      source: { decoder },
    } = await openModel(id, { trainedContext: 64, hub: { cacheFolder, endpoint: hub.endpoint } });
    expect(decoder.trainedContext).toBe(64);
  });

  it("is refused where it is neither", async () => {
    await expect(openModel("no-such-model")).rejects.toThrow(
      'openSource: a model must be the path of a folder or of a GGUF file, or owner/name, owner/name@revision or owner/name:Q4_K_M on the hub, got "no-such-model"',
    );
    await expect(openModel("./no-such-model")).rejects.toThrow(
      /^openFolder: .*no-such-model must be a folder, got nothing$/,
    );
  });
});
