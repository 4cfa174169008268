/** Forms and attributes that no export in the tests has. Exports are changed to have them, and run in ONNX Runtime before and after rewriting. */
import { attribute, decode, encode, node, type Attribute, type NodeProto } from "@ropewalk/graph";
import { cpu } from "@ropewalk/backend-node";
import {
  compose,
  leakyReRope,
  logN,
  reRope,
  selfExtend,
  slidingWindow,
  yarn,
  type ContextExtension,
} from "@ropewalk/context-extension";
import { loadModel } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import {
  checkpointOf,
  configOf,
  expectedOf,
  goldenOf,
  modelOf,
  tablesOf,
} from "@ropewalk/testing/exports/export-files";
import { open } from "@ropewalk/testing/exports/run-export";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { describe, expect, it } from "vitest";
import { extendExport } from "../../../src/index.ts";

const tolerance = 1e-4;

const change = (name: string, edit: (node: NodeProto) => NodeProto): Uint8Array => {
  const model = decode(modelOf(name));
  model.graph!.node = model.graph!.node.map(edit);
  return encode(model);
};

/** The same model with a value of another name. */
const rename = (name: string, from: string, to: string): Uint8Array => {
  const as = (value: string): string => (value === from ? to : value);
  return change(name, (found) => {
    [found.input, found.output] = [found.input.map(as), found.output.map(as)];
    return found;
  });
};

const withAttributes = (changes: Readonly<Record<string, Attribute>>) => (found: NodeProto) => {
  if (found.opType !== "GroupQueryAttention") return found;
  const kept = found.attribute.filter(({ name }) => !(name in changes));
  found.attribute = [...kept, ...Object.entries(changes).map(([name, value]) => attribute(name, value))];
  return found;
};

/** Logits of a prompt, and of three tokens after it in single steps. */
const logitsOf = async (name: string, model: Uint8Array, ids: readonly number[]): Promise<number[]> => {
  const runner = await open(name, model);
  const all = [...(await runner.step([ids]))[0]!];
  for (const id of [3, 1, 4]) all.push(...(await runner.step([[id]]))[0]!);
  await runner.release();
  return all;
};

/** Logits of the last token, by the project's own decoder on the checkpoint that was exported. */
const checkpointLogits = async (
  family: string,
  extension: ContextExtension,
  ids: readonly number[],
): Promise<readonly number[]> => {
  const model = await loadModel(await openFolder(checkpointOf(family)), { backend: cpu(), extension });
  const logits = Array.from(await model.logits(ids)).slice(-model.extended.decoder.vocabSize);
  await model.release();
  return logits;
};

const same = async (name: string, changed: Uint8Array): Promise<void> => {
  const { inputIds } = expectedOf(name);
  const { model } = extendExport({ extension: {}, config: configOf(name) }, changed);
  const [theirs, ours] = [await logitsOf(name, changed, inputIds), await logitsOf(name, model, inputIds)];
  expect(largestDifference(ours, theirs)).toBeLessThan(tolerance);
  // The change has an effect.
  expect(largestDifference(await logitsOf(name, modelOf(name), inputIds), theirs)).toBeGreaterThan(tolerance);
};

describe("GroupQueryAttention, against ONNX Runtime's own", () => {
  it.each<readonly [string, Readonly<Record<string, Attribute>>]>([
    ["interleaved", { rotary_interleaved: 1 }],
    ["another scale", { scale: { float: 0.11 } }],
    ["a softcap", { softcap: { float: 1.5 } }],
    ["a window", { local_window_size: 7 }],
    ["all of it", { rotary_interleaved: 1, scale: { float: 0.3 }, softcap: { float: 3 }, local_window_size: 5 }],
  ])("%s", async (_, changes) => {
    await same("genai-cpu-llama", change("genai-cpu-llama", withAttributes(changes)));
    await same("genai-cpu-unpacked-llama", change("genai-cpu-unpacked-llama", withAttributes(changes)));
  });

  it("a window in one layer of three, which keeps it", async () => {
    const name = "genai-cpu-llama";
    let layers = 0;
    const slide = withAttributes({ local_window_size: 7 });
    const model = change(name, (found) =>
      found.opType === "GroupQueryAttention" && layers++ === 1 ? slide(found) : found,
    );
    await same(name, model);
    const config = configOf(name);
    const tables = tablesOf(name);
    const extension = selfExtend({ groupSize: 2, window: 16 });
    for (const chosen of [{}, extension])
      expect(extendExport({ extension: chosen, config, tables }, model).notices).toEqual([]);
    // The window of one layer and the extension of the other two both change the logits.
    const { inputIds } = goldenOf("llama").cases.at(-1)!;
    const [mixed, none] = [model, modelOf(name)].map((bytes) => extendExport({ extension, config, tables }, bytes));
    const logits = await logitsOf(name, mixed!.model, inputIds);
    expect(largestDifference(logits, await logitsOf(name, none!.model, inputIds))).toBeGreaterThan(0.01);
    const kept = extendExport({ extension: {}, config, tables }, model);
    expect(largestDifference(logits, await logitsOf(name, kept.model, inputIds))).toBeGreaterThan(0.01);
  });

  it("interleaved in RotaryEmbedding, of a part of a head", async () => {
    const name = "genai092-webgpu-phi";
    const edit = (found: NodeProto): NodeProto => {
      if (found.opType === "RotaryEmbedding")
        found.attribute = [...found.attribute.filter((one) => one.name !== "interleaved"), attribute("interleaved", 1)];
      return found;
    };
    await same(name, change(name, edit));
  });
});

const toMultiHead = (found: NodeProto): NodeProto => {
  if (found.opType !== "GroupQueryAttention") return found;
  const [query = "", key = "", value = "", pastKey = "", pastValue = ""] = found.input;
  const inputs = [query, key, value, "", "", "", pastKey, pastValue];
  const options = { domain: "com.microsoft", name: found.name };
  return node("MultiHeadAttention", inputs, found.output, { num_heads: 4, unidirectional: 1 }, options);
};

describe("MultiHeadAttention behind RotaryEmbedding", () => {
  const name = "genai092-webgpu-phi";
  const model = change(name, toMultiHead);
  it("is the same model to ONNX Runtime, and rewritten", async () => {
    const { inputIds } = expectedOf(name);
    const rewritten = extendExport({ extension: {}, config: configOf(name) }, model);
    const wanted = await logitsOf(name, modelOf(name), inputIds);
    expect(largestDifference(await logitsOf(name, model, inputIds), wanted)).toBeLessThan(tolerance);
    expect(largestDifference(await logitsOf(name, rewritten.model, inputIds), wanted)).toBeLessThan(tolerance);
  });

  it("extended, gives the checkpoint's golden logits", async () => {
    const golden = goldenOf("phi").cases.find(
      ({ method, inputIds }) => method === "self-extend" && inputIds.length === 100,
    )!;
    const extension = selfExtend({ groupSize: golden.groupSize, window: golden.window });
    const runner = await open(name, extendExport({ extension, config: configOf(name) }, model).model);
    const [logits] = await runner.step([golden.inputIds]);
    expect(largestDifference(logits!, golden.logitsLast)).toBeLessThan(2e-3);
    await runner.release();
  });
});

describe("a checkpoint with a scaling of its own, under SelfExtend", () => {
  const extension = selfExtend({ groupSize: 3, window: 20 });
  const { inputIds } = goldenOf("llama3").cases.at(-1)!;
  it.each(["genai-cpu-llama3", "torch-ts-llama3"])("%s", async (name) => {
    const runner = await open(name, extendExport({ extension, config: configOf(name) }, modelOf(name)).model);
    const [logits] = await runner.step([inputIds]);
    await runner.release();
    expect(largestDifference(logits!, await checkpointLogits("llama3", extension, inputIds))).toBeLessThan(tolerance);
  });
});

describe("every extension, on exports of different forms of one checkpoint", () => {
  const names = [
    "genai-cpu-llama",
    "genai092-webgpu-llama",
    "torch-dynamo-llama",
    "torch-dynamo-op23-llama",
    "torch-ts-eager-llama",
  ];
  const { inputIds } = goldenOf("llama").cases.at(-1)!;
  it.each([
    ["ReRoPE", reRope({ window: 16 })],
    ["leaky ReRoPE", leakyReRope({ factor: 2.5, window: 16 })],
    ["a sliding window", slidingWindow({ window: 16 })],
    ["SelfExtend with a group that divides nothing", selfExtend({ groupSize: 7, window: 23 })],
    ["YaRN", yarn({ factor: 4, originalContext: 64 })],
    [
      "all three",
      compose(
        selfExtend({ groupSize: 3, window: 20 }),
        yarn({ factor: 2, originalContext: 64 }),
        logN({ trainedContext: 64 }),
      ),
    ],
  ])("%s gives the logits that the checkpoint has in generation, in one piece and in several", async (_, extension) => {
    const results: number[][] = [];
    for (const name of names) {
      const runner = await open(name, extendExport({ extension, config: configOf(name) }, modelOf(name)).model);
      for (const chunk of [100, 13]) {
        runner.reset();
        let logits: number[] = [];
        for (let at = 0; at < 100; at += chunk)
          [logits] = (await runner.step([inputIds.slice(at, at + chunk)])) as [number[]];
        results.push(logits);
      }
      await runner.release();
    }
    const wanted = await checkpointLogits("llama", extension, inputIds);
    for (const logits of results) expect(largestDifference(logits, wanted)).toBeLessThan(tolerance);
    const plain = await open(
      names[0]!,
      extendExport({ extension: {}, config: configOf(names[0]!) }, modelOf(names[0]!)).model,
    );
    expect(largestDifference((await plain.step([inputIds]))[0]!, results[0]!)).toBeGreaterThan(0.01);
    await plain.release();
  });
});

it("values with the names that a tape gives are the export's", async () => {
  const name = "genai-cpu-unpacked-llama";
  const [query] = decode(modelOf(name)).graph!.node.find(({ opType }) => opType === "GroupQueryAttention")!.input;
  const extension = selfExtend({ groupSize: 4, window: 16 });
  const renamed = rename(name, query!, "/layers.0/MatMul/output_0");
  const [before, after] = [modelOf(name), renamed].map((model) =>
    extendExport({ extension, config: configOf(name) }, model),
  );
  const { inputIds } = expectedOf(name);
  expect(await logitsOf(name, after!.model, inputIds)).toEqual(await logitsOf(name, before!.model, inputIds));
});
