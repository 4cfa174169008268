/** The inputs of every node of every form are checked: tables, positions, lengths, masks. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cpu } from "@ropewalk/backend-node";
import { selfExtend } from "@ropewalk/context-extension";
import { extendDecoder } from "@ropewalk/decoder";
import {
  attribute,
  decode,
  encode,
  ndArray,
  node,
  tensorFromArray,
  type GraphProto,
  type NodeProto,
} from "@ropewalk/graph";
import { loadModel } from "@ropewalk/generation";
import { inMemory, type CheckpointFolder } from "@ropewalk/models";
import { configOf, exportPath, extend, modelOf, tablesOf } from "@ropewalk/testing/exports/export-files";
import { open, type Runner } from "@ropewalk/testing/exports/run-export";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { extendExport, loadExport, tablePlaces } from "../../src/index.ts";

const fault = (name: string) => {
  const at = new URL(`faults/${name}/`, import.meta.url);
  return {
    model: new Uint8Array(readFileSync(new URL("model.onnx", at))),
    config: JSON.parse(readFileSync(new URL("config.json", at), "utf8")) as Record<string, unknown>,
  };
};

const folderOf = (model: Uint8Array, config: unknown, dataOf: string): CheckpointFolder =>
  inMemory("changed", {
    "config.json": new TextEncoder().encode(JSON.stringify(config)),
    "model.onnx": model,
    "model.onnx_data": readFileSync(join(exportPath(dataOf), "model.onnx_data")),
  });

describe("rotary tables that are wrong in one layer are refused", () => {
  const { model, config } = fault("two-thetas");
  const message =
    'node "/model/layers.1/attn/GroupQueryAttention" (GroupQueryAttention) must rotate as config.json says (16 of 16 dimensions, ' +
    'theta 10000, default), got another row 1 in "cos_local"';
  it("when the model is loaded", async () => {
    await expect(loadExport({}, folderOf(model, config, "genai-cpu-llama"))).rejects.toThrow(`loadExport: ${message}`);
  });
  it("when the model is extended", () => {
    expect(() => extendExport({ extension: {}, config }, model)).toThrow(`extendExport: ${message}`);
  });
});

it("computed positions that are wrong are refused", () => {
  const { model, config } = fault("positions-offset");
  expect(() => extendExport({ extension: {}, config }, model)).toThrow(
    'extendExport: node "/model/layers.0/attn/q_rotary/RotaryEmbedding" (RotaryEmbedding) must be given the places of the new ' +
      'tokens, got [0, 2, 4] at "pos2" for 0 past and 3 new ones',
  );
});

describe("LongRoPE, whose tables an If chooses by the length", () => {
  const { model, config } = fault("longrope-if");
  const folder = folderOf(model, config, "genai-cpu-llama");
  const ids = (count: number) => Array.from({ length: count }, (_, t) => (t * 29 + 7) % 128);
  let theirs: Runner;
  beforeAll(async () => {
    theirs = await open("genai-cpu-llama", model);
  });
  afterAll(() => theirs?.release());

  it.each([5, 31, 32, 33, 60, 120])(
    "gives the export's own logits for %i tokens, of 32 that were trained first",
    async (count) => {
      const loaded = await loadModel(folder, { backend: cpu({ threads: 1 }) });
      const { vocabSize, rope } = loaded.extended.decoder;
      expect(rope.scaling.kind).toBe("longrope");
      const ours = Array.from(await loaded.logits(ids(count))).slice(-vocabSize);
      await loaded.release();
      theirs.reset();
      const [wanted] = await theirs.step([ids(count)]);
      expect(largestDifference(ours, wanted!)).toBeLessThan(1e-4);
    },
  );

  it("short and long differ", async () => {
    // Tables that depend on the length change all logits at 33 tokens. With other tables no earlier token would notice the last one.
    theirs.reset();
    const [long] = await theirs.step([ids(33)]);
    theirs.reset();
    await theirs.step([ids(32)]);
    const [mixed] = await theirs.step([[ids(33)[32]!]]);
    expect(largestDifference(long!, mixed!)).toBeGreaterThan(1e-3);
  });

  it("takes an extension", async () => {
    const { decoder, graph } = (await loadExport({}, folder))!;
    expect(decoder.trainedContext).toBe(128);
    expect(() => graph(extendDecoder(decoder, selfExtend({ groupSize: 4, window: 16 })))).not.toThrow();
  });

  it.each<readonly [string, (graph: GraphProto) => void, string]>([
    [
      "another table beyond the original window",
      (graph) => {
        const choice = graph.node.find(({ opType }) => opType === "If")!;
        const large = choice.attribute.find(({ name }) => name === "then_branch")!.g!;
        const { t } = large.node[0]!.attribute[0]!;
        t!.rawData = new Uint8Array(new Float32Array(128 * 8).fill(0.5).buffer);
      },
      'got another row 0 in "cos_cache_large", which 33 tokens take',
    ],
    [
      "a switch at another length",
      (graph) => {
        graph.initializer = graph.initializer.map((tensor) =>
          tensor.name === "orig_len" ? tensorFromArray(ndArray("int64", [], [48]), "orig_len") : tensor,
        );
      },
      "which 33 tokens take",
    ],
    [
      "arms that are swapped",
      (graph) => {
        const choice = graph.node.find(({ opType }) => opType === "If")!;
        for (const arm of choice.attribute) arm.name = arm.name === "then_branch" ? "else_branch" : "then_branch";
      },
      "which 2 tokens take",
    ],
    [
      "a condition that cannot be told",
      (graph) => {
        graph.node.find(({ opType }) => opType === "If")!.input = ["/model/embed_tokens/Gather/output_0"];
      },
      'node "/model/rope_caches_subgraph/If" (If): the condition "/model/embed_tokens/Gather/output_0" is not understood',
    ],
  ])("%s is refused", (_, edit, message) => {
    const changed = decode(model);
    edit(changed.graph!);
    expect(() => extendExport({ extension: {}, config }, encode(changed))).toThrow(message);
  });
});

describe("tables against what config.json states", () => {
  const names = [
    "genai-cpu-llama",
    "genai092-webgpu-llama",
    "torch-dynamo-llama",
    "torch-dynamo-op23-llama",
    "torch-ts-eager-llama",
  ];
  it.each(names)("%s as it is, and with another rotation stated", (name) => {
    expect(extend(name, { extension: {} }).notices).toEqual([]);
    for (const rope of [{ rope_theta: 500_000 }, { rope_theta: 10_100 }, { rope_type: "linear", factor: 4 }]) {
      const { rope_parameters: stated, ...config } = configOf(name) as { rope_parameters: object };
      expect(() =>
        extend(name, { extension: {}, config: { ...config, rope_parameters: { ...stated, ...rope } } }),
      ).toThrow(/^extendExport: node "[^"]*" \(\w+\) must rotate as config.json says/);
    }
  });

  it("in a file are compared if their rows are given; otherwise a notice says that they are not", () => {
    const [name, config] = ["genai-cpu-llama", configOf("genai-cpu-llama")];
    expect(tablePlaces(modelOf(name)).map(({ tensor, length }) => [tensor, length])).toEqual([
      ["cos_cache", 64 * 8 * 4],
      ["sin_cache", 64 * 8 * 4],
    ]);
    expect(extendExport({ extension: {}, config }, modelOf(name)).notices).toEqual([
      "the rotary tables cos_cache, sin_cache lie in a file and were not compared with config.json, which is believed",
    ]);
    const swapped = tablesOf(name).map((rows) => ({ ...rows, bytes: new Uint8Array(rows.length) }));
    expect(() => extendExport({ extension: {}, config, tables: swapped }, modelOf(name))).toThrow(
      'got another row 0 in "cos_cache"',
    );
    const short = tablesOf(name).map((rows) => ({ ...rows, bytes: rows.bytes.subarray(4) }));
    expect(() => extendExport({ extension: {}, config, tables: short }, modelOf(name))).toThrow(
      'tables: rows of "cos_cache" must have 2048 bytes, got 2044',
    );
  });
});

/** The model with the node edited that `find` finds at the given layer. */
const changed = (
  name: string,
  layer: number,
  find: (found: NodeProto) => boolean,
  edit: (found: NodeProto, graph: GraphProto) => void,
) => {
  const model = decode(modelOf(name));
  const graph = model.graph!;
  edit(graph.node.filter(find)[layer]!, graph);
  return encode(model);
};

/** The model with an operator and a number put before an input of a node. */
const onTheWay =
  (input: number, opType: string, type: "int32" | "int64" | "float32", number: number) =>
  (found: NodeProto, graph: GraphProto): void => {
    const from = found.input[input]!;
    graph.initializer.push(tensorFromArray(ndArray(type, [], [number]), "odd_number"));
    const at = graph.node.indexOf(found);
    graph.node.splice(at, 0, node(opType, [from, "odd_number"], ["odd_value"], {}, { name: "odd" }));
    found.input = found.input.with(input, "odd_value");
  };

/** Finds the rotations of keys. A fault in the rotation of queries would be found before them. */
const isKeyRotation = ({ name }: NodeProto): boolean => name.endsWith("k_rotary/RotaryEmbedding");

const isOperator = (opType: string) => (found: NodeProto) => found.opType === opType;

/** Finds the products with the factor that most products have: a table of cosines or sines. */
const isTurn = (name: string): ((found: NodeProto) => boolean) => {
  const taken = new Map<string, number>();
  for (const { opType, input } of decode(modelOf(name)).graph!.node)
    if (opType === "Mul") for (const value of new Set(input)) taken.set(value, (taken.get(value) ?? 0) + 1);
  const [table] = [...taken].toSorted((a, b) => b[1] - a[1])[0]!;
  return ({ opType, input }) => opType === "Mul" && input.includes(table) && input[1] === table;
};

const toMultiHead = (found: NodeProto): void => {
  const [query = "", key = "", value = "", pastKey = "", pastValue = ""] = found.input;
  Object.assign(found, {
    opType: "MultiHeadAttention",
    input: [query, key, value, "", "", "", pastKey, pastValue],
    attribute: [attribute("num_heads", 4), attribute("unidirectional", 1)],
  });
};

describe.each([0, 1, 2])("layer %i", (layer) => {
  it.each<
    readonly [string, string, (found: NodeProto) => boolean, (found: NodeProto, graph: GraphProto) => void, RegExp]
  >([
    [
      "lengths",
      "genai-cpu-llama",
      isOperator("GroupQueryAttention"),
      onTheWay(5, "Add", "int32", 1),
      /must be given the place of the last token, got \[3\] at "odd_value"/,
    ],
    [
      "totals",
      "genai-cpu-llama",
      isOperator("GroupQueryAttention"),
      onTheWay(6, "Mul", "int32", 2),
      /must be given the number of past and new tokens, got \[6\]/,
    ],
    [
      "a table",
      "genai-cpu-llama",
      isOperator("GroupQueryAttention"),
      (found) => void (found.input[8] = "cos_cache"),
      /got another row 0 in "cos_cache"/,
    ],
    [
      "a computed table",
      "genai-cpu-llama",
      isOperator("GroupQueryAttention"),
      onTheWay(7, "Mul", "float32", 1.5),
      /must take tables of cosines and sines that are constants, or chosen by If, got "odd_value" of node "odd" \(Mul\)/,
    ],
    [
      "positions",
      "genai092-webgpu-llama",
      isKeyRotation,
      onTheWay(1, "Add", "int64", 1),
      /must be given the places of the new tokens, got \[1, 2, 3\]/,
    ],
    [
      "far positions",
      "genai092-webgpu-llama",
      isKeyRotation,
      onTheWay(1, "Mod", "int64", 512),
      /must be given the places of the new tokens, got \[488, 489\]/,
    ],
    [
      "a scale",
      "genai092-webgpu-llama",
      isKeyRotation,
      (found) => void found.attribute.push(attribute("scale", { float: 2 })),
      /scale must be 1, got 2/,
    ],
    [
      "heads",
      "genai092-webgpu-llama",
      isKeyRotation,
      (found) => {
        found.attribute = [attribute("num_heads", 3)];
      },
      /num_heads must be [42], as node .* has it, got 3/,
    ],
    [
      "a causal rule besides the mask",
      "torch-dynamo-op23-llama",
      isOperator("Attention"),
      (found) => {
        found.attribute = [...found.attribute.filter(({ name }) => name !== "is_causal"), attribute("is_causal", 1)];
      },
      /is_causal must be 0 where there is a mask, got 1/,
    ],
    [
      "a bias",
      "torch-dynamo-op23-llama",
      isOperator("Attention"),
      (found, graph) => {
        const slopes = Array.from({ length: 2000 }, (_, t) => -0.5 * t);
        graph.initializer.push(tensorFromArray(ndArray("float32", [1, 1, 1, 2000], slopes), "slopes"));
        graph.initializer.push(tensorFromArray(ndArray("float32", [], [-1e9]), "hidden"));
        graph.initializer.push(
          tensorFromArray(ndArray("int64", [1], [0]), "from"),
          tensorFromArray(ndArray("int64", [1], [3]), "last"),
        );
        const at = graph.node.indexOf(found);
        graph.node.splice(
          at,
          0,
          node("Shape", [found.input[3]!], ["size"], { start: -1 }),
          node("Slice", ["slopes", "from", "size", "last"], ["slope"]),
          node("Where", [found.input[3]!, "slope", "hidden"], ["biased"]),
        );
        found.input = found.input.with(3, "biased");
      },
      /the mask "biased" must add 0 to the scores of keys that are seen, got -0.5/,
    ],
    [
      "a rotation",
      "torch-dynamo-op23-llama",
      isOperator("RotaryEmbedding"),
      onTheWay(1, "Mul", "float32", 1.01),
      /must rotate as config.json says/,
    ],
    [
      "cosines",
      "torch-dynamo-llama",
      isTurn("torch-dynamo-llama"),
      onTheWay(1, "Mul", "float32", 1.01),
      /must rotate as config.json says/,
    ],
    [
      "cosines, traced",
      "torch-ts-llama3",
      isTurn("torch-ts-llama3"),
      onTheWay(1, "Mul", "float32", 1.01),
      /must rotate as config.json says/,
    ],
    [
      "scores",
      "torch-ts-eager-llama",
      isOperator("Softmax"),
      onTheWay(0, "Max", "float32", -0.01),
      /node ".*Softmax.*" \(Softmax\)/,
    ],
  ])("%s in %s", (_, name, find, edit, message) => {
    const model = changed(name, layer, find, edit);
    expect(() => extendExport({ extension: {}, config: configOf(name), tables: tablesOf(name) }, model)).toThrow(
      message,
    );
  });

  it.each<readonly [string, (found: NodeProto, graph: GraphProto) => void, RegExp]>([
    [
      "a padding mask that hides",
      (found, graph) => {
        found.input[4] = "half";
        graph.initializer.push(tensorFromArray(ndArray("int32", [1], [3]), "half"));
      },
      /the padding mask "half" must hide nothing of a prompt without padding, got \[3\]/,
    ],
    [
      "a past that is counted otherwise",
      (found, graph) => {
        found.input[8] = "past_length";
        graph.initializer.push(tensorFromArray(ndArray("int32", [1], [0]), "past_length"));
      },
      /must be given the number of past tokens, got \[0\] at "past_length" for 4 past/,
    ],
    [
      "an input that is not known",
      (found) => {
        found.input[9] = "cos_cache";
        found.input[8] = "";
      },
      /must have no inputs behind the past, got "cos_cache"/,
    ],
  ])("%s in MultiHeadAttention", (_, edit, message) => {
    const name = "genai092-webgpu-phi";
    const model = changed(name, layer, isOperator("GroupQueryAttention"), (found, graph) => {
      graph.node.filter(isOperator("GroupQueryAttention")).forEach(toMultiHead);
      edit(found, graph);
    });
    expect(() => extendExport({ extension: {}, config: configOf(name), tables: tablesOf(name) }, model)).toThrow(
      message,
    );
  });
});
