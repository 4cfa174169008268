/**
 * Graphs and metadata that were made to do harm. Each must end in an error of the project, soon and in little memory. The graphs are
 * real exports with harmful nodes at places that recognition runs.
 * Longer than 400 lines: two tables, a row for each harmful graph and each harmful record.
 */
import {
  attribute,
  decode,
  encode,
  node,
  ndArray,
  tensorFromArray,
  type GraphProto,
  type NodeProto,
} from "@ropewalk/graph";
import { selfExtend } from "@ropewalk/context-extension";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inMemory } from "@ropewalk/models";
import { configOf, modelOf } from "@ropewalk/testing/exports/export-files";
import { extendExport, loadExport } from "../../src/index.ts";

const extension = selfExtend({ groupSize: 4, window: 16 });

/** The beginning of an error of the project: the name of a function. Errors of a JavaScript engine begin in other ways. */
const ours =
  /^(extendExport|loadExport|decode|extendContext|extendDecoder|recordOf|mappingOf|ropeFrequencies|readRotation|\w+): /;
const engine =
  /is not a function|Cannot (read|mix|convert)|undefined|call stack|Invalid (array|typed)|is not iterable|BigInt|NaN |allocation|Unexpected|Pattern matching/;

const limits = { seconds: 2, bytes: 300e6 };

/** Checks that a call ends within the limits, and that an error is one of the project. Gives the error's message. */
const ends = (run: () => unknown): string => {
  // Processor time, since tests run side by side.
  const [started, before] = [process.cpuUsage(), process.memoryUsage()];
  let message = "";
  try {
    run();
  } catch (error) {
    expect([RangeError, TypeError]).toContain((error as Error).constructor);
    message = (error as Error).message;
    expect(message).toMatch(ours);
    expect(message).not.toMatch(engine);
  }
  const { user, system } = process.cpuUsage(started);
  expect((user + system) / 1e6).toBeLessThan(limits.seconds);
  const now = process.memoryUsage();
  expect(now.rss - before.rss + Math.max(0, now.arrayBuffers - before.arrayBuffers)).toBeLessThan(limits.bytes);
  return message;
};

const int64 = (name: string, dims: readonly number[], data: readonly number[]) =>
  tensorFromArray(ndArray("int64", dims, data), name);

type Hostile = { readonly name: string; readonly model: () => Uint8Array };

/** The inputs that recognition computes, by running the nodes before them: lengths, positions, a mask, scores. */
const places = {
  lengths: ["genai-cpu-llama", "GroupQueryAttention", 5],
  positions: ["genai092-webgpu-llama", "RotaryEmbedding", 1],
  mask: ["torch-dynamo-op23-llama", "Attention", 3],
  scores: ["torch-ts-eager-llama", "Softmax", 0],
} as const;

/** An export whose first node of a kind takes the result of these nodes as an input. */
const bomb = (place: keyof typeof places, make: (graph: GraphProto, from: string) => NodeProto[]): Hostile => {
  const [name, opType, input] = places[place];
  const model = (): Uint8Array => {
    const proto = decode(modelOf(name));
    const graph = proto.graph!;
    const found = graph.node.find((one) => one.opType === opType)!;
    const nodes = make(graph, found.input[input]!);
    graph.node.splice(graph.node.indexOf(found), 0, ...nodes);
    found.input = found.input.with(input, nodes.at(-1)!.output[0]!);
    return encode(proto);
  };
  return { name, model };
};

const constants = (graph: GraphProto, numbers: Readonly<Record<string, readonly number[]>>): void => {
  for (const [name, data] of Object.entries(numbers)) graph.initializer.push(int64(name, [data.length], data));
};

const scalar = (graph: GraphProto, numbers: Readonly<Record<string, number>>): void => {
  for (const [name, value] of Object.entries(numbers)) graph.initializer.push(int64(name, [], [value]));
};

const again = (count: number, from: string, make: (from: string, to: string, n: number) => NodeProto): NodeProto[] =>
  Array.from({ length: count }, (_, n) => make(n === 0 ? from : `again${n}`, `again${n + 1}`, n));

const loop = (graph: GraphProto, from: string, steps: string, body: readonly NodeProto[]): NodeProto => {
  const info = (name: string) => ({ ...graph.input[0]!, name });
  const inner = {
    ...graph,
    name: "body",
    node: [...body],
    initializer: [],
    valueInfo: [],
    input: ["i", "go", "x"].map(info),
    output: ["still", "next"].map(info),
  };
  const made = node("Loop", [steps, "", from], ["looped"], {}, { name: "loop" });
  made.attribute.push(attribute("body", { graph: inner }));
  return made;
};

const still = node("Identity", ["go"], ["still"]);

const graphs: Readonly<Record<string, Hostile>> = {
  "Expand to 1e9 in lengths": bomb("lengths", (graph, from) => {
    constants(graph, { wide: [1e9] });
    return [node("Expand", [from, "wide"], ["odd"], {}, { name: "odd" })];
  }),
  "Expand to [1e9, 0] in lengths": bomb("lengths", (graph, from) => {
    constants(graph, { wide: [1e9, 0] });
    graph.initializer.push(int64("nothing", [1, 0], []));
    return [node("Expand", ["nothing", "wide"], ["odd"], {}, { name: "odd" }), node("Add", [from, "odd"], ["more"])];
  }),
  "Range of 1e15 in positions": bomb("positions", (graph) => {
    scalar(graph, { r0: 0, r1: 1e15, r2: 1 });
    return [node("Range", ["r0", "r1", "r2"], ["odd"], {}, { name: "odd" })];
  }),
  "Tile of 1e9 in positions": bomb("positions", (graph, from) => {
    constants(graph, { times: [1, 1e9] });
    return [node("Tile", [from, "times"], ["odd"], {}, { name: "odd" })];
  }),
  "ConstantOfShape of 1e18 in the mask": bomb("mask", (graph) => {
    constants(graph, { size: [1e9, 1e6] });
    return [node("ConstantOfShape", ["size"], ["odd"], {}, { name: "odd" })];
  }),
  "a Loop of 2^53 in lengths": bomb("lengths", (graph, from) => {
    scalar(graph, { steps: 2 ** 53 - 1 });
    return [loop(graph, from, "steps", [still, node("Identity", ["x"], ["next"])])];
  }),
  "a Loop without an end in scores": bomb("scores", (graph, from) => [
    loop(graph, from, "", [still, node("Identity", ["x"], ["next"])]),
  ]),
  "a Loop that doubles in positions": bomb("positions", (graph, from) => [
    loop(graph, from, "", [still, node("Concat", ["x", "x"], ["next"], { axis: 0 })]),
  ]),
  "Concat that doubles 60 times in positions": bomb("positions", (_, from) =>
    again(60, from, (x, y, n) => node("Concat", [x, x], [y], { axis: 0 }, { name: `twice${n}` })),
  ),
  "Add that doubles names, a diamond of 60, in lengths": bomb("lengths", (_, from) =>
    again(60, from, (x, y, n) => node("Add", [x, x], [y], {}, { name: `diamond${n}` })),
  ),
  "a diamond of 60 Concats before a rotation": bomb("scores", (_, from) =>
    again(60, from, (x, y, n) => node("Max", [x, x], [y], {}, { name: `diamond${n}` })),
  ),
  "a diamond behind a Softmax": {
    name: "torch-ts-eager-llama",
    model: () => {
      const model = decode(modelOf("torch-ts-eager-llama"));
      const graph = model.graph!;
      const softmax = graph.node.find(({ opType }) => opType === "Softmax")!;
      const at = graph.node.indexOf(softmax) + 1;
      const nodes: NodeProto[] = [];
      for (let n = 0, from = softmax.output[0]!; n < 60; n++) {
        nodes.push(
          node("Identity", [from], [`a${n}`]),
          node("Cast", [from], [`b${n}`], { to: 1 }),
          node("Where", [`a${n}`, `b${n}`, `a${n}`], [`w${n}`]),
        );
        from = `w${n}`;
      }
      graph.node.splice(at, 0, ...nodes);
      return encode(model);
    },
  },
  "a diamond of what is rotated": {
    name: "torch-dynamo-llama",
    model: () => {
      const model = decode(modelOf("torch-dynamo-llama"));
      const graph = model.graph!;
      const turn = graph.node.find(({ name }) => name === "node_Mul_256")!;
      const from = turn.input[0]!;
      const nodes = again(60, from, (x, y, n) => node("Concat", [x, x], [y], { axis: 0 }, { name: `part${n}` }));
      graph.node.splice(graph.node.indexOf(turn), 0, ...nodes);
      turn.input = turn.input.with(0, "again60");
      return encode(model);
    },
  },
  "a way of 20,000 nodes before scores": bomb("scores", (_, from) =>
    again(20_000, from, (x, y) => node("Identity", [x], [y])),
  ),
  "a way of 20,000 nodes before a past": {
    name: "torch-dynamo-llama",
    model: () => {
      const model = decode(modelOf("torch-dynamo-llama"));
      const graph = model.graph!;
      const join = graph.node.find(({ opType, input }) => opType === "Concat" && input[0]!.startsWith("past"))!;
      const nodes = again(20_000, join.input[0]!, (x, y) => node("Identity", [x], [y]));
      graph.node.splice(0, 0, ...nodes);
      join.input = join.input.with(0, "again20000");
      return encode(model);
    },
  },
  "a MatMul of 2,000 by 2,000, again and again": bomb("mask", (graph) => {
    constants(graph, { size: [2000, 2000] });
    return [
      node("ConstantOfShape", ["size"], ["m"]),
      ...again(20, "m", (x, y, n) => node("MatMul", [x, x], [y], {}, { name: `product${n}` })),
    ];
  }),
  "a sort of 4 million": bomb("lengths", (graph) => {
    constants(graph, { size: [4_000_000], k: [1] });
    return [node("ConstantOfShape", ["size"], ["m"]), node("TopK", ["m", "k"], ["odd", "at"], {}, { name: "sort" })];
  }),
  "an inner node of 200,000 inputs": bomb("lengths", (_, from) => [
    node(
      "Max",
      Array.from({ length: 200_000 }, () => from),
      ["odd"],
      {},
      { name: "many" },
    ),
  ]),
  "a tensor of [2^40, 0]": bomb("lengths", (graph, from) => {
    graph.initializer.push(int64("none", [2 ** 40, 0], []));
    return [node("Gather", ["none", from], ["odd"], { axis: 1 }, { name: "none" })];
  }),
  "100 axes": bomb("positions", (graph, from) => {
    constants(graph, { axes: Array.from({ length: 99 }, (_, n) => n) });
    return [node("Unsqueeze", [from, "axes"], ["odd"], {}, { name: "deep" })];
  }),
  "10,000 layers of one cache": {
    name: "genai-cpu-llama",
    model: () => {
      const model = decode(modelOf("genai-cpu-llama"));
      const graph = model.graph!;
      const gqa = graph.node.find(({ opType }) => opType === "GroupQueryAttention")!;
      for (let n = 0; n < 10_000; n++)
        graph.node.push({ ...gqa, name: `copy${n}`, output: gqa.output.map((value) => `${value}${n}`) });
      return encode(model);
    },
  },
  "100,000 initializers": {
    name: "genai-cpu-llama",
    model: () => {
      const model = decode(modelOf("genai-cpu-llama"));
      for (let n = 0; n < 100_000; n++) model.graph!.initializer.push(int64(`w${n}`, [0], []));
      return encode(model);
    },
  },
  "an If in an If in an If": bomb("lengths", (graph, from) => {
    scalar(graph, { yes: 1 });
    const info = (name: string) => ({ ...graph.input[0]!, name });
    let inner: NodeProto = node("Identity", [from], ["r"]);
    for (let depth = 0; depth < 20; depth++) {
      const arm = {
        ...graph,
        name: `arm${depth}`,
        node: [inner],
        initializer: [],
        valueInfo: [],
        input: [],
        output: [info("r")],
      };
      const choice = node("If", ["yes"], ["r"], {}, { name: `if${depth}` });
      choice.attribute.push(
        attribute("then_branch", { graph: arm }),
        attribute("else_branch", { graph: { ...arm, node: [node("Identity", [from], ["r"])] } }),
      );
      inner = choice;
    }
    return [inner];
  }),
};

describe("graphs that ask for more than there is", () => {
  it.each(Object.keys(graphs))("%s", async (graph) => {
    const { name, model } = graphs[graph]!;
    const bytes = model();
    ends(() => extendExport({ extension, config: configOf(name) }, bytes));
  });
});

const llama = "genai-cpu-llama";

/** The paths of all values in a record that are no objects or lists. */
const pathsOf = (value: unknown, path: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] =>
  typeof value === "object" && value !== null
    ? [
        path,
        ...Object.entries(value).flatMap(([key, inner]) =>
          pathsOf(inner, [...path, Array.isArray(value) ? Number(key) : key]),
        ),
      ]
    : [path];

const withValue = (record: unknown, path: readonly (string | number)[], value: unknown): unknown => {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const copy = Array.isArray(record) ? [...(record as unknown[])] : { ...(record as object) };
  const at = copy as Record<string | number, unknown>;
  if (rest.length === 0 && value === undefined) delete at[key];
  else at[key] = withValue(at[key], rest, value);
  return copy;
};

const written = (runtime: "portable" | "ropewalk") => {
  const { model, config } = extendExport({ extension, config: configOf(llama), runtime }, modelOf(llama));
  const proto = decode(model);
  const entry = proto.metadataProps.find(({ key }) => key === "ropewalk")!;
  return {
    record: JSON.parse(entry.value!) as Record<string, unknown>,
    config,
    with: (text: string): Uint8Array => {
      entry.value = text;
      return encode(proto);
    },
  };
};

const made = { portable: written("portable"), ropewalk: written("ropewalk") };

const read = async (runtime: "portable" | "ropewalk", text: string): Promise<string> => {
  const { config } = made[runtime];
  const model = made[runtime].with(text);
  const replaced = ends(() => extendExport({ extension: {}, config, replace: true }, model));
  const files = { "config.json": new TextEncoder().encode(JSON.stringify(config)), "model.onnx": model };
  // The weights are missing. That error comes after any error about the record.
  const loaded = await loadExport({}, inMemory("changed", files)).then(
    () => "",
    (error: unknown) => String((error as Error).message),
  );
  expect(loaded).toMatch(ours);
  expect(loaded).not.toMatch(engine);
  return replaced;
};

describe("metadata that is no record", () => {
  it.each<readonly [string, "portable" | "ropewalk", readonly (string | number)[], unknown, string]>([
    ["another version", "portable", ["version"], 3, "version must be 1 or 2, got 3"],
    ["a list", "portable", [], [], "the record must be an object, got []"],
    ["null", "portable", [], null, "the record must be an object, got null"],
    [
      "an unknown key",
      "portable",
      ["window"],
      4,
      'the record must have no keys but version, extension, customMapping, trainedContext, slidingWindow, sites, chunk, got "window"',
    ],
    ["no sites", "portable", ["sites"], [], "sites must be from 1 to 10000, got 0"],
    ["sites that are none", "portable", ["sites"], "abc", 'sites must be a list, got "abc"'],
    ["a site that is none", "portable", ["sites", 1], null, "sites[1] must be an object, got null"],
    ["an unknown key of a site", "portable", ["sites", 0, "heads"], 4, "sites[0] must have no keys but"],
    ["heads as text", "portable", ["sites", 2, "numHeads"], "4", 'sites[2].numHeads must be a number, got "4"'],
    [
      "heads that do not divide",
      "portable",
      ["sites", 2, "numKvHeads"],
      3,
      "sites[2].numHeads must be a multiple of numKvHeads 3, got 4",
    ],
    [
      "a head of 1e300",
      "portable",
      ["sites", 0, "headDim"],
      1e300,
      "sites[0].headDim must be an integer from 1 to 16777216, got 1e+300",
    ],
    [
      "an unknown kind of projections",
      "portable",
      ["sites", 0, "projections", "kind"],
      "joint",
      'sites[0].projections.kind must be one of packed, separate, got "joint"',
    ],
    [
      "an unknown layout",
      "portable",
      ["sites", 0, "layout"],
      "half",
      'sites[0].layout must be one of halves, interleaved, got "half"',
    ],
    ["a scale that is none", "portable", ["sites", 0, "scale"], null, "sites[0].scale must be a number, got null"],
    [
      "an unknown mapping",
      "portable",
      ["extension", "positions", "kind"],
      "grouped",
      "extension.positions.kind must be one of self-extend",
    ],
    ["a group of 0", "portable", ["extension", "positions", "groupSize"], 0, "groupSize"],
    [
      "a mapping of somebody's own beside one that is not",
      "portable",
      ["customMapping"],
      "Mine",
      'customMapping must be absent beside extension.positions, got "Mine"',
    ],
    [
      "the form of before, under the version of today",
      "portable",
      ["extension"],
      { positions: null, mapping: null, rope: null, entropy: null },
      'extension must have no keys but positions, rope, entropy, got "mapping"',
    ],
    [
      "an unknown scaling",
      "portable",
      ["extension", "rope"],
      { kind: "ntk" },
      "extension.rope.kind must be one of default, linear",
    ],
    ["a scaling without its numbers", "portable", ["extension", "rope"], { kind: "longrope" }, "factor"],
    ["an entropy without its number", "portable", ["extension", "entropy"], { kind: "log-n" }, "trainedContext"],
    [
      "10,000,000 layers",
      "ropewalk",
      ["chunk", "decoder", "numLayers"],
      1e7,
      "chunk.decoder.numLayers must be the number of sites, 3, got 10000000",
    ],
    [
      "other heads than the sites",
      "ropewalk",
      ["chunk", "decoder", "numHeads"],
      8,
      "chunk.decoder.numHeads must be that of the sites, 4, got 8",
    ],
    [
      "a vocabulary of text",
      "ropewalk",
      ["chunk", "decoder", "vocabSize"],
      "128",
      'chunk.decoder.vocabSize must be a number, got "128"',
    ],
    [
      "a cache of another name",
      "ropewalk",
      ["chunk", "cache"],
      "q4",
      'chunk.cache must be one of float32, float16, q8, got "q4"',
    ],
    [
      "bands of another kind",
      "ropewalk",
      ["chunk", "layout"],
      "three",
      'chunk.layout must be everything, near-far, window, chunked or masked, with numbers, for each group of layers, got "three"',
    ],
    [
      "a theta below 1",
      "ropewalk",
      ["chunk", "decoder", "rope", "theta"],
      -1,
      "chunk.decoder.rope.theta must be finite and > 1, got -1",
    ],
  ])("%s", async (_, runtime, path, value, message) => {
    const told = await read(runtime, JSON.stringify(withValue(made[runtime].record, path, value)));
    expect(told).toMatch(/^extendExport: metadata "ropewalk": |^extendExport: \w+: /);
    expect(told).toContain(message);
  });

  it("text that is no JSON", async () => {
    expect(await read("portable", "{ \u001b[31m")).toContain(
      'extendExport: metadata "ropewalk" must be JSON, got "{ \\u001b[31m"',
    );
  });

  it.each(["portable", "ropewalk"] as const)("any value in any place of one of %s", async (runtime) => {
    const paths = pathsOf(made[runtime].record);
    const value = fc.oneof(
      fc.constantFrom(
        undefined,
        null,
        0,
        -1,
        1e7,
        2 ** 53,
        1e300,
        0.5,
        "",
        "x",
        "float16",
        "window",
        [],
        {},
        [null],
        { kind: "x" },
        true,
        "\u001b[2J",
      ),
      fc.integer(),
      fc.jsonValue({ maxDepth: 2 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), value, async (path, wrong) => {
        await read(runtime, JSON.stringify(withValue(made[runtime].record, path, wrong)) ?? "null");
      }),
      { numRuns: 150 },
    );
  });
});

describe("bytes of exports, changed", () => {
  it.each(["genai-cpu-llama", "genai092-webgpu-phi"])("%s", (name) => {
    const original = modelOf(name);
    const config = configOf(name);
    const at = fc.nat(original.length - 1);
    const change = fc.oneof(
      fc.tuple(at, fc.nat(255)).map(
        ([place, byte]) =>
          (copy: Uint8Array) =>
            void (copy[place] = byte),
      ),
      fc.tuple(at, fc.nat(7)).map(
        ([place, bit]) =>
          (copy: Uint8Array) =>
            void (copy[place]! ^= 1 << bit),
      ),
      fc.tuple(at, at, fc.integer({ min: 1, max: 64 })).map(
        ([from, to, length]) =>
          (copy: Uint8Array) =>
            void copy.copyWithin(to, from, from + length),
      ),
      fc.tuple(at, fc.integer({ min: 1, max: 9 })).map(
        ([place, length]) =>
          (copy: Uint8Array) =>
            void copy.fill(255, place, place + length),
      ),
    );
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 3 }),
        fc.constantFrom("portable", "ropewalk"),
        (changes, runtime) => {
          const copy = Uint8Array.from(original);
          for (const edit of changes) edit(copy);
          ends(() => extendExport({ extension, config, runtime: runtime as "portable" }, copy));
        },
      ),
      { numRuns: 150 },
    );
  });
});
