/** transformers.js in Node loads extended models: local ones, those of a hub, and those of a custom cache. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { env, pipeline, type TextGenerationPipeline } from "@huggingface/transformers";
import { serveSite } from "@ropewalk/testing/browser/serve-site";
import { generatedFrom, prompt, temporaryFolder, writePasskeyExport } from "@ropewalk/testing/exports/passkey-export";
import { continued, load } from "@ropewalk/testing/transformers-js";
import { passkey875k } from "@ropewalk/tiny-models";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  compose,
  entropyAbf,
  extendModels,
  logN,
  ntkAware,
  positionInterpolation,
  selfExtend,
  yarn,
  type ContextExtension,
} from "../src/index.ts";

const extension = compose(selfExtend({ groupSize: 16, window: 64 }), logN({ trainedContext: 256 }));
const llama3 = { kind: "llama3", factor: 4, lowFreqFactor: 1, highFreqFactor: 4, originalContext: 256 } as const;
const far = prompt(1000);
const root = temporaryFolder();
const notices: string[] = [];
let undo: (() => Promise<void>) | undefined;

const extend = (chosen: ContextExtension = extension): void => {
  undo = extendModels(env, { extension: chosen, folder: join(root, "work"), onNotice: (said) => notices.push(said) });
};

const workFiles = (): readonly string[] =>
  existsSync(join(root, "work")) ? (readdirSync(join(root, "work"), { recursive: true }) as string[]) : [];

beforeAll(() => writePasskeyExport(join(root, "models", "passkey")));
afterAll(() => rmSync(root, { recursive: true }));
const settings = { ...env };
beforeEach(() => {
  const places = { localModelPath: `${join(root, "models")}/`, cacheDir: join(root, "cache") };
  Object.assign(env, settings, { allowRemoteModels: false, ...places });
});
afterEach(async () => {
  await undo?.();
  undo = undefined;
  notices.length = 0;
  rmSync(join(root, "cache"), { recursive: true, force: true });
});

const generate = async (generator: TextGenerationPipeline, text: string): Promise<string> => {
  const [first] = await generator(text, { max_new_tokens: 5, do_sample: false, return_full_text: false });
  return (first as { generated_text: string }).generated_text.trim();
};

const passkeyPipeline = (): Promise<TextGenerationPipeline> =>
  pipeline("text-generation", "passkey", { dtype: "fp32", device: "cpu" });

describe("a local model", () => {
  it("finds a key in a pipeline, four windows long, and does not without an extension", async () => {
    expect(far.ids.length).toBeGreaterThan(950);
    extend();
    const extended = await passkeyPipeline();
    expect(await generate(extended, far.text)).toBe(far.key);
    expect(extended.model.config).toMatchObject({ max_position_embeddings: 3136, model_type: "llama" });
    expect(extended.tokenizer.model_max_length).toBe(3136);
    await extended.dispose();
    await undo!();
    undo = undefined;
    const plain = await passkeyPipeline();
    expect(plain.tokenizer.model_max_length).toBe(256);
    // The plain tokenizer cuts the prompt to the trained window. Without the cut the plain model does not find the key either.
    expect(await generate(plain, far.text)).not.toBe(far.key);
    const tokens = await continued(plain.model, far.ids, 5);
    expect(plain.tokenizer.decode([...tokens])).not.toBe(far.key);
    await plain.dispose();
  });

  it("finds the keys of a batch, prompts of several lengths side by side", async () => {
    extend();
    const generator = await passkeyPipeline();
    const prompts = [far, prompt(400), prompt(1500)];
    const options = { max_new_tokens: 5, do_sample: false, return_full_text: false };
    const answers = await generator(
      prompts.map(({ text }) => text),
      options,
    );
    const texts = answers.map((answer) => (answer as unknown as [{ generated_text: string }])[0].generated_text.trim());
    expect(texts).toEqual(prompts.map(({ key }) => key));
    await generator.dispose();
  });

  it.each([
    ["SelfExtend", selfExtend({ groupSize: 8, window: 64 }), 1000],
    ["SelfExtend and log-n", extension, 1600],
    ["YaRN", yarn({ factor: 4, originalContext: 256 }), 900],
    ["position interpolation", positionInterpolation({ factor: 4 }), 900],
    ["NTK-aware interpolation", ntkAware({ factor: 4 }), 900],
    ["another base and log-n", entropyAbf({ trainedContext: 256 }), 250],
    ["the scaling of Llama 3", { rope: llama3 }, 900],
    ["nothing", {}, 250],
  ])("gives the tokens of @ropewalk/generation under %s", async (_, chosen, length) => {
    extend(chosen);
    const { ids } = prompt(length);
    const model = await load("passkey");
    expect(await continued(model, ids, 12)).toEqual(await generatedFrom(passkey875k.url, chosen, ids, 12));
    await model.dispose();
  });

  it("may be asked for by its path", async () => {
    extend();
    const model = await load(join(root, "models", "passkey"));
    expect(model.config).toMatchObject({ max_position_embeddings: 3136 });
    expect(await continued(model, far.ids, 5)).toEqual(await generatedFrom(passkey875k.url, extension, far.ids, 5));
    await model.dispose();
  });

  it("is not changed on the disk, and rewritten files are removed when the extension is undone", async () => {
    const files = ["config.json", "tokenizer_config.json", "onnx/model.onnx"];
    const read = () => files.map((file) => readFileSync(join(root, "models", "passkey", file), "utf8"));
    const before = read();
    extend();
    await (await load("passkey")).dispose();
    expect(read()).toEqual(before);
    expect(workFiles().filter((file) => file.endsWith("model.onnx_data"))).toHaveLength(1);
    await undo!();
    undo = undefined;
    expect(workFiles()).toEqual([]);
  });
});

describe("a model of a hub", () => {
  it("is downloaded once, cached as it is, and extended whenever it is loaded", async () => {
    const site = await serveSite({}, { passkey: join(root, "models", "passkey") });
    try {
      Object.assign(env, {
        allowRemoteModels: true,
        localModelPath: join(root, "nothing"),
        remoteHost: `${site.address}/`,
        remotePathTemplate: "models/{model}/",
      });
      extend();
      const progress: string[] = [];
      const open = () =>
        pipeline("text-generation", "passkey", {
          dtype: "fp32",
          device: "cpu",
          progress_callback: ({ status, ...more }) =>
            void progress.push(`${status} ${"file" in more ? more.file : ""}`),
        });
      const first = await open();
      expect(await generate(first, far.text)).toBe(far.key);
      expect(progress).toContain("progress onnx/model.onnx_data");
      await first.dispose();
      for (const file of ["config.json", "tokenizer_config.json", "onnx/model.onnx", "onnx/model.onnx_data"])
        expect(
          readFileSync(join(root, "cache", "passkey", file)).equals(
            readFileSync(join(root, "models", "passkey", file)),
          ),
          file,
        ).toBe(true);
      // Only from the cache.
      env.allowRemoteModels = false;
      const second = await open();
      expect(second.model.config).toMatchObject({ max_position_embeddings: 3136 });
      expect(await generate(second, far.text)).toBe(far.key);
      await second.dispose();
    } finally {
      site.close();
    }
  });
});

describe("a custom cache", () => {
  const folder = join(root, "models", "passkey");
  const cache = (form: "path" | "bytes") => ({
    match: async (key: string) => {
      const path = key.replace(/^.*resolve\/main/, folder);
      if (path === key || !existsSync(path)) return undefined;
      return form === "path" && path.includes(".onnx") ? path : new Response(readFileSync(path));
    },
    put: async () => {},
  });

  it.each(["path", "bytes"] as const)("that is there already is asked, and is put back: %s", async (form) => {
    const own = cache(form);
    Object.assign(env, {
      useCustomCache: true,
      customCache: own,
      localModelPath: join(root, "nothing"),
      allowRemoteModels: true,
    });
    extend();
    const model = await load("owner/passkey");
    expect(model.config).toMatchObject({ max_position_embeddings: 3136 });
    expect(await continued(model, far.ids, 5)).toEqual(await generatedFrom(passkey875k.url, extension, far.ids, 5));
    await model.dispose();
    await undo!();
    undo = undefined;
    expect(env.useCustomCache).toBe(true);
    expect(env.customCache).toBe(own);
    const plain = await load("owner/passkey");
    expect(plain.config).toMatchObject({ max_position_embeddings: 256 });
    await plain.dispose();
  });
});
