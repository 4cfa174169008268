/** transformers.js generates on the project's own cache: the tokens are the same, and tokens in the cache are not computed again. */
import { join } from "node:path";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import {
  env,
  pipeline,
  Tensor,
  TextStreamer,
  type PreTrainedModel,
  type TextGenerationPipeline,
} from "@huggingface/transformers";
import { checkpointOf, expectedOf, exportNames } from "@ropewalk/testing/exports/export-files";
import {
  formsOf,
  layeredConfig,
  layeredExport,
  layeredFolder,
  type LayeredFamily,
} from "@ropewalk/testing/exports/layered-exports";
import { generatedFrom, prompt, temporaryFolder, writePasskeyExport } from "@ropewalk/testing/exports/passkey-export";
import { continued, load } from "@ropewalk/testing/transformers-js";
import { passkey875k } from "@ropewalk/tiny-models";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  compose,
  extendModels,
  logN,
  selfExtend,
  slidingWindow,
  withPositions,
  withRopewalk,
  yarn,
  type ContextExtension,
  type ExtendModelsOptions,
} from "../src/index.ts";
import { copyExport } from "./copied-export.ts";

const extension = compose(selfExtend({ groupSize: 16, window: 64 }), logN({ trainedContext: 256 }));
const far = prompt(1000);
const root = temporaryFolder();
const settings = { ...env };
let undo: (() => Promise<void>) | undefined;

const extend = (options: Partial<ExtendModelsOptions> = {}): void => {
  undo = extendModels(env, { extension, runtime: "ropewalk", onNotice: () => {}, ...options });
};

beforeAll(() => writePasskeyExport(join(root, "passkey")));
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => Object.assign(env, settings, { allowRemoteModels: false, localModelPath: `${root}/` }));
afterEach(async () => {
  await undo?.();
  undo = undefined;
});

/** Counts the tokens that the loaded graph is given. */
const counted = (model: PreTrainedModel): { readonly tokens: number[] } => {
  const { sessions } = model as unknown as { readonly sessions: Record<string, { run: unknown }> };
  const session = sessions["model"]!;
  const run = (session.run as (feeds: Record<string, Tensor>) => unknown).bind(session);
  const tokens: number[] = [];
  session.run = (feeds: Record<string, Tensor>) => {
    tokens.push(feeds["input_ids"]!.dims[0]!);
    return run(feeds);
  };
  return { tokens };
};

const int64 = (ids: readonly number[], rows = 1): Tensor =>
  new Tensor("int64", BigInt64Array.from(ids, BigInt), [rows, ids.length / rows]);

const logitsOf = async (model: PreTrainedModel, ids: readonly number[]): Promise<Tensor> => {
  const inputs = { input_ids: int64(ids), attention_mask: int64(ids.map(() => 1)) };
  return ((await model(inputs)) as { readonly logits: Tensor }).logits;
};

it("a model that runs without withRopewalk fails with an error that names it", async () => {
  extend();
  const model = await load("passkey");
  await expect(logitsOf(model, [1, 2, 3])).rejects.toThrow(
    /Missing the following inputs: withRopewalk\(model\) must be called before the model runs, got a call without it;/,
  );
});

it.each([
  [{ trainedContext: 0 }, /^withRopewalk: config\.json: ropewalk: trainedContext must be an integer >= 1, got 0$/],
  [{ trainedContext: "256" }, /trainedContext must be a number, got "256"$/],
  [{ extension: { positions: { kind: "selfextend", groupSize: 16, window: 64 } } }, /self-extend is meant/],
  [{ extention: {} }, /got "extention"; extension is meant\?$/],
])("an entry of config.json that says %j is refused", async (wrong, message) => {
  extend();
  const model = await load("passkey");
  const { config } = model as unknown as { readonly config: { ropewalk: object } };
  config.ropewalk = { ...config.ropewalk, ...wrong };
  expect(() => withRopewalk(model)).toThrow(message);
});

describe("tokens", () => {
  const extensions: readonly (readonly [string, ContextExtension])[] = [
    ["no extension", {}],
    ["SelfExtend with log-n", extension],
    ["a sliding window", slidingWindow({ window: 50 })],
    ["YaRN", yarn({ factor: 8, originalContext: 256 })],
    ["STRING", withPositions({ kind: "string", shiftFrom: 90, window: 40 })],
    ["dual chunk attention", withPositions({ kind: "dual-chunk", chunkSize: 128, localSize: 32 })],
    ["sinks", withPositions({ kind: "sinks", sinks: 4, window: 60 })],
    ["dynamic NTK", { rope: { kind: "dynamic-ntk", factor: 4, originalContext: 256 } }],
  ];
  it.each(extensions)("under %s are those of generation on the checkpoint", async (_, chosen) => {
    const ids = far.ids.slice(0, Object.keys(chosen).length === 0 ? 200 : 700);
    extend({ extension: chosen });
    const model = withRopewalk(await load("passkey"));
    // Frequencies that depend on the length are those for 256 tokens more than the prompt.
    const planned = await generatedFrom(passkey875k.url, chosen, ids, chosen.rope?.kind === "dynamic-ntk" ? 256 : 30);
    expect(await continued(model, ids, 30)).toEqual(planned.slice(0, 30));
    await model.dispose();
  });

  const layered = compose(selfExtend({ groupSize: 4, window: 16 }), logN({ trainedContext: 64 }));
  it.each<readonly [LayeredFamily, string, ContextExtension]>([
    ["gemma2", "SelfExtend with log-n", layered],
    ["gemma3", "SelfExtend with log-n", layered],
    ["gemma3", "no extension", {}],
    ["smollm3", "SelfExtend with log-n", layered],
    ["gemma3", "dual chunk attention", withPositions({ kind: "dual-chunk", chunkSize: 24, localSize: 8 })],
    ["smollm3", "sinks", withPositions({ kind: "sinks", sinks: 2, window: 14 })],
    ["qwen3-mixed", "YaRN", yarn({ factor: 4, originalContext: 64 })],
  ])("of %s, whose layers differ, under %s are those of generation on the checkpoint", async (family, _, chosen) => {
    const [form] = formsOf(family);
    mkdirSync(join(root, family, "onnx"), { recursive: true });
    writeFileSync(join(root, family, "config.json"), JSON.stringify(layeredConfig(family)));
    writeFileSync(join(root, family, "onnx", "model.onnx"), await layeredExport(family, form!));
    const ids = Array.from({ length: Object.keys(chosen).length === 0 ? 40 : 90 }, (_, at) => 3 + ((at * 7) % 100));
    extend({ extension: chosen });
    const model = withRopewalk(await load(family));
    expect(await continued(model, ids, 20)).toEqual(
      await generatedFrom(new URL(`${family}/`, layeredFolder), chosen, ids, 20),
    );
    await model.dispose();
  });

  it("of a cache in 8 bits find the key", async () => {
    extend({ cache: "q8" });
    const generator = (await pipeline("text-generation", "passkey", {
      dtype: "fp32",
      device: "cpu",
    })) as TextGenerationPipeline;
    withRopewalk(generator.model);
    const [first] = await generator(far.text, { max_new_tokens: 5, do_sample: false, return_full_text: false });
    expect((first as { generated_text: string }).generated_text.trim()).toBe(far.key);
    await generator.dispose();
  });

  it("stream as they come, through a pipeline", async () => {
    extend();
    const generator = (await pipeline("text-generation", "passkey", {
      dtype: "fp32",
      device: "cpu",
    })) as TextGenerationPipeline;
    withRopewalk(generator.model);
    const pieces: string[] = [];
    const streamer = new TextStreamer(generator.tokenizer, {
      skip_prompt: true,
      callback_function: (text) => pieces.push(text),
    });
    await generator(far.text, { max_new_tokens: 5, do_sample: false, streamer } as never);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join("").trim()).toBe(far.key);
    await generator.dispose();
  });
});

describe("the cache", () => {
  it("is read on when a prompt begins with it, and emptied when it does not", async () => {
    extend();
    const model = await load("passkey");
    const { tokens } = counted(model);
    withRopewalk(model);
    const first = [...far.ids.slice(0, 300), ...(await continued(model, far.ids.slice(0, 300), 10))];
    // First chunks that are no longer than the window, then one token at a time. The last token is given out and not run.
    expect(tokens).toEqual([64, 64, 64, 64, 44, ...Array.from({ length: 9 }, () => 1)]);
    tokens.length = 0;
    const next = [...first, ...far.ids.slice(300, 340)];
    expect(await continued(model, next, 5)).toEqual(await generatedFrom(passkey875k.url, extension, next, 5));
    expect(tokens).toEqual([41, 1, 1, 1, 1]);
    tokens.length = 0;
    const other = far.ids.slice(5, 130);
    expect(await continued(model, other, 3)).toEqual(await generatedFrom(passkey875k.url, extension, other, 3));
    expect(tokens).toEqual([64, 61, 1, 1]);
    await model.dispose();
  });

  it("gives two runs at the same time each its own tokens", async () => {
    extend();
    const model = withRopewalk(await load("passkey"));
    const prompts = [far.ids.slice(0, 150), far.ids.slice(40, 190)];
    const tokens = await Promise.all(prompts.map((ids) => continued(model, ids, 6)));
    for (const [i, ids] of prompts.entries())
      expect(tokens[i]).toEqual(await generatedFrom(passkey875k.url, extension, ids, 6));
    await model.dispose();
  });

  it("gives the logits of every token on request, as the portable graph does", async () => {
    const ids = far.ids.slice(0, 333);
    extend();
    const model = withRopewalk(await load("passkey"));
    await continued(model, ids.slice(0, 100), 3);
    const logits = await logitsOf(model, ids);
    await model.dispose();
    await undo!();
    extend({ runtime: "portable" });
    const portable = await load("passkey");
    const expected = await logitsOf(portable, ids);
    expect(logits.dims).toEqual(expected.dims);
    const worst = (expected.data as Float32Array).reduce(
      (most, logit, i) => Math.max(most, Math.abs(logit - (logits.data as Float32Array)[i]!)),
      0,
    );
    expect(worst).toBeLessThan(1e-3);
    await portable.dispose();
  });
});

describe("exports of every family", () => {
  const chosen = compose(selfExtend({ groupSize: 4, window: 16 }), logN({ trainedContext: 64 }));
  const ids = Array.from({ length: 90 }, (_, i) => 3 + ((i * 7) % 100));
  const names = exportNames.filter((name) => !/-(int4|fp16|h32)$/.test(name));
  it.each(names)("%s", async (name) => {
    copyExport(name, root);
    extend({ extension: chosen });
    const model = withRopewalk(await load(name, { subfolder: "" }));
    expect(await continued(model, ids, 20)).toEqual(
      await generatedFrom(checkpointOf(expectedOf(name).family), chosen, ids, 20),
    );
    await model.dispose();
  });
});

describe("refused", () => {
  it("a batch, padding, tokens that only a past of transformers.js has", async () => {
    extend();
    const model = withRopewalk(await load("passkey"));
    const [input_ids, attention_mask] = [int64([3, 4, 5, 6], 2), int64([1, 1, 1, 1], 2)];
    await expect(model({ input_ids, attention_mask })).rejects.toThrow("1 prompt at a time, got a batch of 2");
    await expect(model({ input_ids: int64([3, 4]), attention_mask: int64([0, 1]) })).rejects.toThrow("got a 0");
    await expect(model({ input_ids: int64([3]), attention_mask: int64([1, 1]) })).rejects.toThrow("covers (2), got 1");
    await model.dispose();
  });

  it("a model that was loaded otherwise, or given twice", async () => {
    extend({ runtime: "portable" });
    const portable = await load("passkey");
    expect(() => withRopewalk(portable)).toThrow(
      'withRopewalk: model must be loaded under extendModels(env, { runtime: "ropewalk" })',
    );
    await portable.dispose();
    await undo!();
    extend();
    const model = withRopewalk(await load("passkey"));
    expect(() => withRopewalk(model)).toThrow("withRopewalk: model must be loaded under");
    await model.dispose();
  });

  it("attentions, a custom mapping, another runtime", async () => {
    extend({ attentions: "maps" });
    await expect(load("passkey")).rejects.toThrow('attentions must be absent for runtime "ropewalk"');
    await undo!();
    const { config: _config, ...positions } = selfExtend({ groupSize: 4, window: 16 }).positions!;
    extend({ extension: { positions } });
    await expect(load("passkey")).rejects.toThrow("positions must be a mapping with a config, got SelfExtend");
    await undo!();
    undo = undefined;
    expect(() => extend({ runtime: "other" as never })).toThrow(
      'extendModels: runtime must be one of portable, ropewalk, got "other"',
    );
  });
});
