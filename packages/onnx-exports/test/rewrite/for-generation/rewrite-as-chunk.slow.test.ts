/**
 * An export rewritten for the cache that `@ropewalk/generation` keeps: the graph it becomes, and what is refused.
 * Longer than 400 lines: its parts share the graphs of all exports, which take longest to make.
 */
import { selfExtend, slidingWindow, withPositions, type ContextExtension } from "@ropewalk/context-extension";
import { decoderGraph, extendDecoder, attentionPathName, type CachePrecision } from "@ropewalk/decoder";
import {
  attribute,
  checkModel,
  decode,
  encode,
  node,
  tape,
  valueOfInfo,
  type GraphProto,
  type ModelProto,
  type NodeProto,
} from "@ropewalk/graph";
import { cpu } from "@ropewalk/backend-node";
import { loadModel } from "@ropewalk/generation";
import { inMemory, loadCheckpoint, type CheckpointFolder } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import {
  checkpointOf,
  configOf,
  expectedOf,
  exportNames,
  exportPath,
  extend,
  goldenOf,
  modelOf,
  tablesOf,
} from "@ropewalk/testing/exports/export-files";
import { open } from "@ropewalk/testing/exports/run-export";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { extendExport, loadExport, type ExtendOptions } from "../../../src/index.ts";

const llama = "genai-cpu-llama";
const extension = selfExtend({ groupSize: 4, window: 16 });
const backend = cpu({ threads: 1 });

const written = (
  name: string,
  chosen: ContextExtension = extension,
  options: Partial<ExtendOptions> = {},
): ModelProto => decode(extend(name, { extension: chosen, runtime: "ropewalk", ...options }).model);

const edited = (edit: (graph: GraphProto) => void, name: string = llama): Uint8Array => {
  const model = decode(modelOf(name));
  edit(model.graph!);
  return encode(model);
};

const folderOf = (model: Uint8Array, config: unknown = configOf(llama), name: string = llama): CheckpointFolder => {
  const data = join(exportPath(name), "model.onnx_data");
  return inMemory("changed", {
    "config.json": new TextEncoder().encode(JSON.stringify(config)),
    "model.onnx": model,
    ...(existsSync(data) ? { "model.onnx_data": readFileSync(data) } : {}),
  });
};

/** The graph of a chunk, as generation gets it. */
const chunkOf = async (model: Uint8Array, chosen: ContextExtension, cache: CachePrecision = "float32") => {
  const { decoder, graph } = (await loadExport({}, folderOf(model)))!;
  return graph(extendDecoder(decoder, chosen, { cache }));
};

const signatureOf = ({ input, output }: GraphProto) =>
  [input, output].map((infos) =>
    infos.map((info) => `${info.name}: ${valueOfInfo(info).type}`).toSorted((a, b) => (a < b ? -1 : 1)),
  );

describe.each(exportNames)("%s, written for generation's cache", (name) => {
  it("is a model by the rules, whose inputs and outputs are a decoder's", async () => {
    // A head of another size has the same inputs.
    const family = expectedOf(name).family.replace("-h32", "");
    const checkpoint = await loadCheckpoint(await openFolder(checkpointOf(family)));
    for (const [chosen, cache] of [
      [{}, "float32"],
      [extension, "float32"],
      [extension, "q8"],
    ] as const) {
      const model = written(name, chosen, { cache });
      expect(() => checkModel(model)).not.toThrow();
      const expected = decoderGraph(extendDecoder(checkpoint.decoder, chosen, { cache }), checkpoint);
      expect(signatureOf(model.graph!)).toEqual(signatureOf(expected.graph!));
      expect(model.graph!.node.filter(({ opType }) => /Attention/.test(opType))).toEqual([]);
    }
  });

  it("picks the rows that get logits ahead of the product with the vocabulary", () => {
    const { node: nodes } = written(name).graph!;
    const pick = nodes.find(({ input }) => input[1] === "logit_rows")!;
    const [product, ...others] = nodes.filter(({ input }) => input.includes(pick.output[0]!));
    expect([pick.opType, others.length]).toEqual(["Gather", 0]);
    expect(["MatMul", "MatMulNBits"]).toContain(product!.opType);
    expect(product!.input[0]).toBe(pick.output[0]);
  });
});

/** An export with nodes behind its logits, whose result becomes the output. */
const behindLogits =
  (record: (graph: GraphProto, before: string) => readonly NodeProto[]) =>
  (graph: GraphProto): void => {
    for (const found of graph.node) found.output = found.output.map((name) => (name === "logits" ? "before" : name));
    graph.node.push(...record(graph, "before"));
  };

const constant = (graph: GraphProto, name: string, values: readonly number[], dims: readonly number[] = []): string => {
  const t = tape();
  t.constant("float32", dims, values, name);
  t.output("unused", t.op("Neg", [t.constant("float32", [], [0])]));
  graph.initializer.push(...t.model().graph!.initializer.filter((tensor) => tensor.name === name));
  return name;
};

describe("rows that get logits", () => {
  const productOf = ({ node: nodes }: GraphProto): string | undefined => {
    const pick = nodes.find(({ input }) => input[1] === "logit_rows")!;
    return nodes.find(({ input }) => input[0] === pick.output[0])?.opType;
  };
  const softcap = behindLogits((graph, before) => [
    node("Div", [before, constant(graph, "cap", [30])], ["capped"], {}, { name: "div" }),
    node("Tanh", ["capped"], ["tanh"], {}, { name: "tanh" }),
    node("Mul", ["tanh", "cap"], ["logits"], {}, { name: "mul" }),
  ]);
  const elsewhere = (graph: GraphProto): void => {
    softcap(graph);
    graph.node.push(node("ReduceMax", ["before"], ["highest"], { keepdims: 0 }, { name: "highest" }));
    graph.output.push({ ...graph.output[0]!, name: "highest", type: undefined });
  };
  const mixed = behindLogits((_, before) => [
    node("Transpose", [before], ["turned"], { perm: [0, 2, 1] }, { name: "turn" }),
    node("Transpose", ["turned"], ["logits"], { perm: [0, 2, 1] }, { name: "back" }),
  ]);
  const nothing = (): void => {};

  it.each<readonly [string, (graph: GraphProto) => void, string | undefined, string]>([
    ["are picked ahead of the product", nothing, "MatMul", "as it is"],
    ["are picked ahead of a softcap behind it too", softcap, "MatMul", "capped"],
    ["are picked at the logits where axes are turned behind it", mixed, "Reshape", "as it is"],
  ])("%s", async (_, edit, product, how) => {
    expect(productOf((await chunkOf(edited(edit), extension)).graph!)).toBe(product);
    const { inputIds, logitsLast } = expectedOf(llama);
    const model = await loadModel(folderOf(edited(edit)), { backend });
    const logits = (await model.logits(inputIds, { chunkSize: 9 })).slice(-logitsLast.length);
    await model.release();
    const expected = how === "capped" ? logitsLast.map((x) => 30 * Math.tanh(x / 30)) : logitsLast;
    expect(largestDifference(Array.from(logits), expected)).toBeLessThan(1e-4);
  });

  it("are picked at the logits if another node or output takes a value on the way to them", async () => {
    const { graph } = await chunkOf(edited(elsewhere), extension);
    expect(graph!.output.map(({ name }) => name)).not.toContain("highest");
    expect(productOf(graph!)).toBe("Reshape");
  });
});

const attentions = (graph: GraphProto): readonly NodeProto[] =>
  graph.node.filter(({ opType }) => opType === "GroupQueryAttention");

/** An export with another value of an attribute in some layers. */
const changed =
  (name: string, values: Readonly<Record<number, number | { readonly float: number }>>) =>
  (graph: GraphProto): void => {
    for (const [layer, value] of Object.entries(values)) {
      const found = attentions(graph)[Number(layer)]!;
      found.attribute = [...found.attribute.filter((one) => one.name !== name), attribute(name, value)];
    }
  };

/** An export with a node that replaces the embeddings of tokens, and takes them as its only input. */
const afterEmbedding =
  (record: (embedded: string) => readonly NodeProto[]) =>
  (graph: GraphProto): void => {
    const embedding = graph.node.find(({ input }) => input.includes("input_ids"))!;
    const [embedded] = embedding.output;
    for (const found of graph.node) found.input = found.input.map((name) => (name === embedded ? "positioned" : name));
    graph.node.push(...record(embedded!));
  };

const input = (graph: GraphProto, from: string, to: string): void => {
  graph.input.find(({ name }) => name === from)!.name = to;
  for (const found of graph.node) found.input = found.input.map((name) => (name === from ? to : name));
};

describe("refused by name:", () => {
  it.each<readonly [string, (graph: GraphProto) => void, string]>([
    [
      "heads that are not those of the layers before",
      changed("num_heads", { 1: 8 }),
      "must have the numHeads 4 of the layers before, got 8",
    ],
    [
      "no logits",
      (graph) => {
        graph.output.find(({ name }) => name === "logits")!.name = "scores";
        for (const found of graph.node)
          found.output = found.output.map((name) => (name === "logits" ? "scores" : name));
      },
      'a model must have the output "logits", got',
    ],
    ["no tokens", (graph) => input(graph, "input_ids", "inputs_embeds"), 'a model must have the input "input_ids"'],
    [
      "logits of the last token alone",
      (graph) => {
        const info = graph.output.find(({ name }) => name === "logits")!;
        const { value } = info.type!;
        if (value.case === "tensorType") value.value.shape!.dim[1]!.value = { case: "dimValue", value: 1n };
      },
      'output "logits" must have a row for every token, got 1 rows',
    ],
    [
      "a node that needs the past's length",
      afterEmbedding((embedded) => [
        node("Shape", ["past_key_values.0.key"], ["length"], { start: 2, end: 3 }, { name: "past length" }),
        node("Cast", ["length"], ["shift"], { to: 1 }, { name: "shift" }),
        node("Add", [embedded, "shift"], ["positioned"], {}, { name: "positioned" }),
      ]),
      'node "past length" (Shape) must do without the input "past_key_values.0.key" where generation keeps the cache',
    ],
    [
      "a node that needs positions, of a mask",
      afterEmbedding((embedded) => [
        node("ReduceMax", ["attention_mask"], ["longest"], { keepdims: 1 }, { name: "longest" }),
        node("Cast", ["longest"], ["shift"], { to: 1 }, { name: "shift" }),
        node("Add", [embedded, "shift"], ["positioned"], {}, { name: "positioned" }),
      ]),
      'node "longest" (ReduceMax) must do without the input "attention_mask" where generation keeps the cache',
    ],
    [
      "the same inside of a branch",
      afterEmbedding((embedded) => {
        const branch = (name: string) => {
          const made = attribute(name, 0);
          made.type = 5;
          const nodes = [
            node("Cast", ["attention_mask"], [`${name} mask`], { to: 1 }, { name: `${name} cast` }),
            node("ReduceMax", [`${name} mask`], [`${name} shift`], { keepdims: 1 }, { name: `${name} max` }),
          ];
          const made2 = decode(modelOf(llama)).graph!;
          const output = [{ ...made2.output[0]!, name: `${name} shift`, type: undefined }];
          made.g = { ...made2, name, node: nodes, input: [], output, initializer: [], valueInfo: [] };
          return made;
        };
        const choice = node("If", ["condition"], ["shift"], {}, { name: "choice" });
        choice.attribute.push(branch("then_branch"), branch("else_branch"));
        return [
          node("Shape", [embedded], ["sizes"], { start: 0, end: 1 }, { name: "sizes" }),
          node("Cast", ["sizes"], ["condition"], { to: 9 }, { name: "condition" }),
          choice,
          node("Add", [embedded, "shift"], ["positioned"], {}, { name: "positioned" }),
        ];
      }),
      'node "choice" (If) must do without the input "attention_mask" where generation keeps the cache',
    ],
  ])("%s", async (_, edit, message) => {
    const model = edited(edit);
    await expect(chunkOf(model, extension)).rejects.toThrow(`loadExport: `);
    await expect(chunkOf(model, extension)).rejects.toThrow(message);
    const options = { extension, config: configOf(llama), runtime: "ropewalk" } as const;
    expect(() => extendExport(options, model)).toThrow(/^extendExport: /);
    expect(() => extendExport(options, model)).toThrow(message);
  });

  it.each<readonly [string, Partial<Record<keyof ExtendOptions, unknown>>, string]>([
    ["an unknown runtime", { runtime: "genai" }, 'runtime must be one of portable, ropewalk, got "genai"'],
    [
      "attentions",
      { attentions: "maps" },
      'attentions must be absent for runtime "ropewalk", whose scores lie in parts',
    ],
    ["a cache of another name", { cache: "q4" }, 'extendDecoder: cache must be one of float32, float16, q8, got "q4"'],
    ["a cache in float16", { cache: "float16" }, "extendExport: cache must be float32 or q8 for an export"],
    [
      "a cache in 8 bits under a bare window",
      { cache: "q8", extension: slidingWindow({ window: 16 }) },
      "a cache in q8 needs tokens that leave the window",
    ],
    [
      "a cache that the caller keeps",
      { runtime: "portable", cache: "q8" },
      'cache must be absent for runtime "portable"',
    ],
    [
      "a mapping that no data can tell",
      { extension: { positions: { ...extension.positions, config: undefined, name: "Mine" } } },
      "recordOf: positions must be a mapping with a config, got Mine without",
    ],
  ])("%s", (_, options, message) => {
    const asked = { extension, config: configOf(llama), runtime: "ropewalk", ...options } as ExtendOptions;
    expect(() => extendExport(asked, modelOf(llama))).toThrow(message);
  });

  it("a folder without config.json, or with data that is missing or short", async () => {
    const files = {
      "model.onnx": modelOf(llama),
      "config.json": new TextEncoder().encode(JSON.stringify(configOf(llama))),
    };
    const load = (held: Readonly<Record<string, Uint8Array>>) => loadExport({}, inMemory("held", held));
    await expect(load({ "model.onnx": modelOf(llama) })).rejects.toThrow(
      "loadExport: held must have config.json, got none",
    );
    await expect(load(files)).rejects.toThrow(
      /^loadExport: "model.onnx_data" must be there for tensor ".*", got no such file$/,
    );
    await expect(load({ ...files, "model.onnx_data": new Uint8Array(8) })).rejects.toThrow(
      /^loadExport: "model.onnx_data" must have \d+ bytes for tensor ".*", got 8$/,
    );
    expect(await load({ "config.json": files["config.json"] })).toBeUndefined();
  });
});

describe("layers of an export that differ", () => {
  const { inputIds } = goldenOf("llama").cases.at(-1)!;
  type Edit = (graph: GraphProto) => void;
  it.each<readonly [string, Edit, string, string]>([
    ["one slides", changed("local_window_size", { 1: 20 }), "everything 0, window 0", "near-far 0 1, window 0"],
    [
      "all slide, by two windows",
      changed("local_window_size", { 0: 30, 1: 20, 2: 30 }),
      "window 0, window 0",
      "near-far 0 1, near-far 0 1",
    ],
    [
      "one has a softcap",
      changed("softcap", { 1: { float: 1.5 } }),
      "everything 0, everything 0",
      "near-far 0 1, near-far 0 1",
    ],
    [
      "one has a scale",
      changed("scale", { 2: { float: 0.11 } }),
      "everything 0, everything 0",
      "near-far 0 1, near-far 0 1",
    ],
  ])("%s", async (_, edit, own, extended) => {
    const model = edited(edit);
    const config = configOf(llama);
    const tables = tablesOf(llama);
    const loaded = await loadModel(folderOf(model), { backend });
    for (const [chosen, layout] of [
      [{}, own],
      [extension, extended],
      [slidingWindow({ window: 30 }), undefined],
    ] as const) {
      const asked = await loaded.withExtension(chosen);
      if (layout !== undefined) expect(attentionPathName(asked.extended)).toBe(layout);
      // The reference is the export itself, as far as its tables reach; under an extension, the export rewritten for any runtime.
      const isOwn = chosen !== extension && layout !== undefined;
      const ids = isOwn ? inputIds.slice(0, 60) : inputIds;
      const bytes = isOwn ? model : extendExport({ extension: chosen, config, tables }, model).model;
      const runner = await open(llama, bytes);
      const [wanted] = await runner.step([ids]);
      await runner.release();
      for (const chunkSize of [100, 7]) {
        const logits = (await asked.logits(ids, { chunkSize })).slice(-wanted!.length);
        expect(largestDifference(Array.from(logits), wanted!)).toBeLessThan(1e-4);
      }
    }
    await loaded.release();
  });

  it("are kept in a written model", async () => {
    const config = configOf(llama);
    const model = edited(changed("local_window_size", { 1: 20 }));
    const options = { extension, config, runtime: "ropewalk" } as const;
    const { model: file, config: itsConfig } = extendExport(options, model);
    const read = (await loadExport({}, folderOf(file, itsConfig)))!;
    expect(read.decoder.attention!.map((kind) => kind.slidingWindow)).toEqual([undefined, 20, undefined]);
    expect(() => read.check(extendDecoder(read.decoder, read.extension()))).not.toThrow();
    expect(() => read.check(extendDecoder(read.decoder, {}))).toThrow(
      "must keep the kind of its bands (SelfExtend(groupSize 4, window 16): near-far, window), got plain: everything, window",
    );
  });

  it("under masks, a written model also depends on the keys that bands share", async () => {
    const chunks = withPositions({ kind: "dual-chunk", chunkSize: 40, localSize: 10 });
    const config = configOf(llama);
    const { model, config: itsConfig } = extendExport(
      { extension: chunks, config, runtime: "ropewalk" },
      modelOf(llama),
    );
    const read = (await loadExport({}, folderOf(model, itsConfig)))!;
    expect(() => read.check(extendDecoder(read.decoder, chunks))).not.toThrow();
    const sinks = withPositions({ kind: "sinks", sinks: 3, window: 25 });
    expect(() => read.check(extendDecoder(read.decoder, sinks))).toThrow("must keep the kind of its bands");
    const [own, itself] = [folderOf(model, itsConfig), folderOf(modelOf(llama))];
    const [one, other] = [await loadModel(own, { backend }), await loadModel(itself, { backend, extension: chunks })];
    expect(await one.logits(inputIds)).toEqual(await other.logits(inputIds));
    await one.release();
    await other.release();
  });
});

describe("a model written for generation's cache", () => {
  const config = configOf(llama);
  const options = { extension, config, runtime: "ropewalk" } as const;

  it("says so in its config, with its extension as data", () => {
    const { config: written_, capacity } = extendExport(options, modelOf(llama));
    expect(capacity).toBe(208);
    expect(written_).toMatchObject({
      max_position_embeddings: 208,
      ropewalk: {
        trainedContext: 64,
        extension: { positions: { kind: "self-extend", groupSize: 4, window: 16 } },
      },
    });
  });

  it("has no genai_config.json, and says so", () => {
    const tables = tablesOf(llama);
    const { genaiConfig, notices } = extendExport({ ...options, tables, genaiConfig: { model: {} } }, modelOf(llama));
    expect(genaiConfig).toBeUndefined();
    expect(notices).toEqual([
      "genai_config.json is left out: ONNX Runtime GenAI does not keep the cache of generation",
    ]);
    expect(extendExport({ ...options, tables }, modelOf(llama)).notices).toEqual([]);
  });

  it("is not extended again", () => {
    const { model, config: itsConfig } = extendExport(options, modelOf(llama));
    expect(() => extendExport({ ...options, config: itsConfig, replace: true }, model)).toThrow(
      "extendExport: a model must be an export or one that was extended for any runtime, got one that takes a cache of generation's",
    );
  });

  it("may be made from one that was extended for any runtime", () => {
    const portable = extendExport({ extension: slidingWindow({ window: 24 }), config }, modelOf(llama));
    const again = extendExport({ ...options, config: portable.config, replace: true }, portable.model);
    const fresh = extendExport(options, modelOf(llama));
    const names = (model: Uint8Array) => decode(model).graph!.node.map(({ name }) => name);
    expect(names(again.model)).toEqual(names(fresh.model));
    expect(again.config).toEqual(fresh.config);
  });
});
