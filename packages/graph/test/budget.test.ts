/** Graphs that ask for more than there is: each ends soon, in an error that names the node. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attribute, decode, encode, evaluate, ndArray, node, tape, tensorFromArray } from "../src/index.ts";
import type { GraphProto, ModelProto, NodeProto } from "../src/index.ts";

const budget = () => ({ maxElements: 2 ** 20, work: 2 ** 22 });

/** A model of these nodes and constants, whose output is y. */
const modelOf = (
  nodes: readonly NodeProto[],
  constants: Readonly<
    Record<string, readonly [type: "int64" | "float32", dims: readonly number[], data: readonly number[]]>
  > = {},
): ModelProto => {
  const model = tape().model();
  model.graph!.node = [...nodes];
  model.graph!.initializer = Object.entries(constants).map(([name, [type, dims, data]]) =>
    tensorFromArray(ndArray(type, dims, data), name),
  );
  model.graph!.output = [{ ...tapeOutput(), name: "y" }];
  return model;
};

const tapeOutput = () => {
  const t = tape();
  t.output("y", t.constant("int64", [], [0]));
  return t.model().graph!.output[0]!;
};

const graphOf = (nodes: readonly NodeProto[], inputs: readonly string[], outputs: readonly string[]): GraphProto => {
  const { graph } = modelOf(nodes);
  const named = (name: string) => ({ ...graph!.output[0]!, name });
  return { ...graph!, name: "body", input: inputs.map(named), output: outputs.map(named) };
};

const huge = 2 ** 30;
const one = ["int64", [1], [1]] as const;

const again = (count: number, make: (from: string, to: string) => NodeProto): NodeProto[] =>
  Array.from({ length: count }, (_, n) => make(n === 0 ? "x" : `v${n}`, n === count - 1 ? "y" : `v${n + 1}`));

const loop = (steps: string, nodes: readonly NodeProto[], carried: readonly string[], outputs: readonly string[]) => {
  const made = node("Loop", [steps, "", ...carried], ["y"], {}, { name: "endless" });
  made.attribute.push({
    ...attribute("body", { graph: graphOf(nodes, ["i", "go", ...carried.map((_, n) => `c${n}`)], outputs) }),
  });
  return made;
};

const same = node("Identity", ["go"], ["still"]);

const graphs: Readonly<Record<string, () => ModelProto>> = {
  "Expand to 2^30": () =>
    modelOf([node("Expand", ["x", "to"], ["y"], {}, { name: "wide" })], { x: one, to: ["int64", [1], [huge]] }),
  "Expand to [2^30, 0]": () =>
    modelOf([node("Expand", ["x", "to"], ["y"], {}, { name: "wide" })], {
      x: ["int64", [1, 0], []],
      to: ["int64", [2], [huge, 0]],
    }),
  "Range of 2^50": () =>
    modelOf([node("Range", ["a", "b", "c"], ["y"], {}, { name: "far" })], {
      a: ["int64", [], [0]],
      b: ["int64", [], [2 ** 50]],
      c: ["int64", [], [1]],
    }),
  "Range to not-a-number": () =>
    modelOf([node("Range", ["a", "b", "c"], ["y"], {}, { name: "far" })], {
      a: ["float32", [], [0]],
      b: ["float32", [], [NaN]],
      c: ["float32", [], [1]],
    }),
  "Tile of 2^30": () =>
    modelOf([node("Tile", ["x", "times"], ["y"], {}, { name: "many" })], { x: one, times: ["int64", [1], [huge]] }),
  "ConstantOfShape of [2^20, 2^20]": () =>
    modelOf([node("ConstantOfShape", ["to"], ["y"], {}, { name: "filled" })], {
      to: ["int64", [2], [2 ** 20, 2 ** 20]],
    }),
  "ConstantOfShape of a negative size": () =>
    modelOf([node("ConstantOfShape", ["to"], ["y"], {}, { name: "filled" })], { to: ["int64", [1], [-5]] }),
  "Concat that doubles": () =>
    modelOf(
      again(60, (from, to) => node("Concat", [from, from], [to], { axis: 0 }, { name: `twice ${to}` })),
      { x: one },
    ),
  "Add that broadcasts": () =>
    modelOf(
      [
        node("Expand", ["x", "rows"], ["r"]),
        node("Expand", ["x", "columns"], ["c"]),
        node("Add", ["r", "c"], ["y"], {}, { name: "outer" }),
      ],
      { x: one, rows: ["int64", [2], [2 ** 16, 1]], columns: ["int64", [2], [1, 2 ** 16]] },
    ),
  "MatMul of large matrices": () =>
    modelOf([node("ConstantOfShape", ["to"], ["m"]), node("MatMul", ["m", "m"], ["y"], {}, { name: "product" })], {
      to: ["int64", [2], [700, 700]],
    }),
  "Gather without elements": () =>
    modelOf([node("Gather", ["x", "to"], ["y"], { axis: 1 }, { name: "none" })], {
      x: ["int64", [huge, 1, 0], []],
      to: ["int64", [1], [0]],
    }),
  "100 axes": () =>
    modelOf([node("Unsqueeze", ["x", "axes"], ["y"], {}, { name: "deep" })], {
      x: one,
      axes: ["int64", [99], Array.from({ length: 99 }, (_, n) => n)],
    }),
  "a sort of many": () =>
    modelOf([node("ConstantOfShape", ["to"], ["m"]), node("TopK", ["m", "x"], ["y", "at"], {}, { name: "sorted" })], {
      x: one,
      to: ["int64", [1], [2 ** 19]],
    }),
  "a Loop of 2^53": () =>
    modelOf([loop("steps", [same, node("Identity", ["c0"], ["next"])], ["x"], ["still", "next"])], {
      x: one,
      steps: ["int64", [], [2 ** 53 - 1]],
    }),
  "a Loop without a count": () =>
    modelOf([loop("", [same, node("Identity", ["c0"], ["next"])], ["x"], ["still", "next"])], { x: one }),
  "a Loop that doubles": () =>
    modelOf([loop("", [same, node("Concat", ["c0", "c0"], ["next"], { axis: 0 })], ["x"], ["still", "next"])], {
      x: one,
    }),
  "a Loop that stacks": () =>
    modelOf(
      [{ ...loop("", [same, node("ConstantOfShape", ["size"], ["more"])], [], ["still", "more"]), output: ["y"] }],
      { size: ["int64", [1], [1000]] },
    ),
  "a Loop in a Loop": () => {
    const inner = {
      ...loop("", [node("Identity", ["go"], ["still"]), node("Identity", ["c0"], ["next"])], ["c0"], ["still", "next"]),
      output: ["z"],
    };
    return modelOf([loop("", [same, inner], ["x"], ["still", "z"])], { x: one });
  },
  "a Scan of 2^30 slices": () => {
    const made = node("Scan", ["x"], ["y"], { num_scan_inputs: 1 }, { name: "slices" });
    made.attribute.push(attribute("body", { graph: graphOf([node("Identity", ["s"], ["r"])], ["s"], ["r"]) }));
    return modelOf([made], { x: ["int64", [huge, 0], []] });
  },
};

describe("more than there is", () => {
  it.each(Object.keys(graphs))("%s", (name) => {
    const model = decode(encode(graphs[name]!()));
    const started = performance.now();
    expect(() => evaluate(model, {}, budget())).toThrow(
      /^evaluate: [A-Z]\w* "[^"]*" must (be done in the steps|leave at most|have (at most 32 axes|sizes that are integers))|^evaluate: tensor "x" must leave/,
    );
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it("is counted over several evaluations", () => {
    const shared = { maxElements: 100, work: 1000 };
    const t = tape();
    t.output("y", t.op("Neg", [t.input("x", "float32", [10])]));
    const feeds = { x: ndArray("float32", [10], new Float64Array(10)) };
    const run = () => evaluate(t.model(), feeds, shared);
    let runs = 0;
    expect(() => {
      for (; ; runs++) run();
    }).toThrow(/^evaluate: \w+ "[^"]*" must be done in the steps that are left/);
    expect(runs).toBeGreaterThan(1);
  });

  it("counts what is there, not what was", () => {
    const t = tape();
    let x = t.input("x", "float32", [10]);
    const feeds = { x: ndArray("float32", [10], new Float64Array(10)) };
    for (let n = 0; n < 50; n++) x = t.op("Neg", [x]);
    t.output("y", x);
    expect(evaluate(t.model(), feeds, { maxElements: 30, work: 20_000 })["y"]!.data.length).toBe(10);
  });
});

it("graphs in graphs have an end", () => {
  let graph = graphOf([node("Identity", ["x"], ["r"])], [], ["r"]);
  for (let depth = 0; depth < 40; depth++) {
    const choice = node("If", ["x"], ["r"]);
    choice.attribute.push(
      attribute("then_branch", { graph }),
      attribute("else_branch", { graph: graphOf([], [], ["r"]) }),
    );
    graph = graphOf([choice], [], ["r"]);
  }
  const model = modelOf([]);
  model.graph = graph;
  expect(() => decode(encode(model))).toThrow(/^decode: bytes are not a protobuf message/);
});

it("nodes that do not keep to the standard end in an error of ours", () => {
  const operators =
    "Gather GatherND ScatterElements ScatterND Slice Split Reshape Squeeze Concat Softmax MatMul Gemm CumSum Trilu TopK Where Cast Range Tile RotaryEmbedding LayerNormalization ReduceSum Transpose Pad If Loop Scan ArgMax Flatten".split(
      " ",
    );
  const dims = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
  const element = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom(NaN, 0.5, 2 ** 40, -(2 ** 40)));
  const array = fc.tuple(dims, fc.infiniteStream(element)).map(([sizes, stream]) =>
    ndArray(
      "float32",
      sizes,
      Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, () => stream.next().value as number),
    ),
  );
  const attributes = fc.dictionary(
    fc.constantFrom(
      "axis",
      "axes",
      "to",
      "perm",
      "split",
      "num_outputs",
      "k",
      "num_heads",
      "keepdims",
      "batch_dims",
      "allowzero",
    ),
    fc.oneof(fc.integer({ min: -4, max: 4 }), fc.array(fc.integer({ min: -4, max: 4 }), { maxLength: 3 })),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...operators),
      fc.array(array, { maxLength: 4 }),
      attributes,
      fc.integer({ min: 1, max: 3 }),
      (opType, arrays, given, outputs) => {
        const names = arrays.map((_, n) => `x${n}`);
        const results = Array.from({ length: outputs }, (_, n) => (n === 0 ? "y" : `y${n}`));
        const model = modelOf([node(opType, names, results, given, { name: "odd" })]);
        model.graph!.initializer = arrays.map((values, n) => tensorFromArray(values, `x${n}`));
        try {
          evaluate(model, {}, budget());
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          expect((error as Error).message).toMatch(/odd|an output must be computed/);
        }
      },
    ),
    { numRuns: 2000 },
  );
});
