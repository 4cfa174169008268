/** Editing a graph gives another graph, and leaves the given one as it is. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkModel,
  encode,
  evaluate,
  graphView,
  innerGraphs,
  mapNodes,
  mapTensors,
  namesRead,
  ndArray,
  neededNames,
  node,
  nodeInCycle,
  nodesIn,
  pruneGraph,
  renameGraph,
  sortNodes,
  tape,
  tensorFromArray,
  tensorsIn,
  missingValue,
  valueInfo,
  type GraphProto,
  type ModelProto,
  type Tape,
  type Value,
} from "../src/index.ts";

/** A step of a random graph: which earlier values it reads, and how. */
type Step = { readonly kind: "add" | "mul" | "branch" | "loop"; readonly a: number; readonly b: number };

const steps = fc.array(fc.record({ kind: fc.constantFrom("add", "mul", "branch", "loop"), a: fc.nat(), b: fc.nat() }), {
  minLength: 1,
  maxLength: 8,
}) as fc.Arbitrary<readonly Step[]>;

const takeStep = (t: Tape, { kind }: Step, a: Value, b: Value): Value => {
  const half = t.constant("float32", [2], [0.5, -0.25]);
  switch (kind) {
    case "add":
      return t.op("Add", [a, half]);
    case "mul":
      return t.op("Mul", [a, b]);
    case "branch": {
      const grows = t.op("Less", [t.op("ReduceSum", [a], { keepdims: 0 }), t.op("ReduceSum", [b], { keepdims: 0 })]);
      return t.branch(grows, {
        whenTrue: (arm) => [arm.op("Sub", [arm.op("Neg", [a]), b])],
        whenFalse: (arm) => [arm.op("Add", [b, arm.constant("float32", [], [3])])],
      })[0]!;
    }
    case "loop":
      return t.loop({ steps: t.constant("int64", [], [2]), carried: [a] }, (body, _, [carried]) => ({
        condition: body.constant("bool", [], [1]),
        carried: [body.op("Tanh", [body.op("Add", [carried!, b])])],
      })).carried[0]!;
  }
};

/** A model of random steps; its output is the last value, so that some steps lead nowhere. */
const modelOf = (taken: readonly Step[]): ModelProto => {
  const t = tape();
  const values = [t.input("x", "float32", [2]), t.input("y", "float32", [2])];
  for (const step of taken)
    values.push(takeStep(t, step, values[step.a % values.length]!, values[step.b % values.length]!));
  t.output("z", values.at(-1)!);
  return t.model();
};

/** Makes any later change of an object an error. */
const frozen = <T>(value: T): T => {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  for (const each of Object.values(value)) frozen(each);
  return Object.freeze(value);
};

const feeds = { x: ndArray("float32", [2], [0.5, -1.5]), y: ndArray("float32", [2], [1.25, 0.75]) };

/** The only output. */
const outputOf = (
  model: ModelProto,
  fed: typeof feeds | Record<string, (typeof feeds)["x"]> = feeds,
): readonly number[] => Array.from(Object.values(evaluate(model, fed))[0]!.data);

describe("editing a graph", () => {
  it("sorts shuffled nodes into an order that computes the same", () => {
    fc.assert(
      fc.property(steps, fc.infiniteStream(fc.nat()), (taken, random) => {
        const model = modelOf(taken);
        const keys = new Map(model.graph!.node.map((each) => [each, random.next().value as number]));
        const shuffled = frozen(model.graph!.node.toSorted((a, b) => keys.get(a)! - keys.get(b)!));
        const sorted = { ...model, graph: { ...model.graph!, node: [...sortNodes(shuffled)] } };
        checkModel(sorted);
        expect(outputOf(sorted)).toEqual(outputOf(model));
        expect(nodeInCycle(shuffled)).toBeUndefined();
        expect(sortNodes(model.graph!.node)).toEqual(model.graph!.node);
      }),
    );
  });

  it("renames every value and node, also inside nodes", () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const model = frozen(modelOf(taken));
        const rename = (name: string): string => `new/${name}`;
        const renamed = { ...model, graph: renameGraph({ values: rename, nodes: rename }, model.graph!) };
        checkModel(renamed);
        expect(outputOf(renamed, { "new/x": feeds.x, "new/y": feeds.y })).toEqual(outputOf(model));
        for (const each of nodesIn(renamed.graph))
          for (const name of [each.name, ...each.input, ...each.output])
            expect(name === "" || name.startsWith("new/")).toBe(true);
        const back = (name: string): string => name.slice("new/".length);
        const again = { ...model, graph: renameGraph({ values: back, nodes: back }, renamed.graph) };
        expect(encode(again)).toEqual(encode(model));
      }),
    );
  });

  it("prunes what leads to no output, and nothing else", () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const model = frozen(modelOf(taken));
        const pruned = { ...model, graph: pruneGraph(model.graph!) };
        checkModel(pruned);
        expect(outputOf(pruned)).toEqual(outputOf(model));
        const read = new Set([...pruned.graph.node.flatMap(namesRead), "z"]);
        for (const { output } of pruned.graph.node) expect(output.some((name) => read.has(name))).toBe(true);
        for (const { name } of pruned.graph.initializer) expect(read.has(name)).toBe(true);
        expect(pruneGraph(pruned.graph)).toEqual(pruned.graph);
      }),
    );
  });

  it("prunes an input together with its initializer: no caller has to give it from then on", () => {
    const t = tape();
    const x = t.input("x", "float32", [1]);
    const names = ["used", "unused"] as const;
    const [used, unused] = names.map((name) => t.constant("float32", [1], [1], name)) as [Value, Value];
    t.input("given", "float32", [1]);
    t.op("Add", [x, unused]);
    t.output("y", t.op("Add", [x, used]));
    const { graph } = t.model();
    const defaults = names.map((name) => valueInfo({ name, type: "float32", dims: [1] }));
    const pruned = pruneGraph({ ...graph!, input: [...graph!.input, ...defaults] });
    expect(pruned.input.map(({ name }) => name)).toEqual(["x", "given", "used"]);
    expect([...graphView(pruned).inputs.keys()]).toEqual(["x", "given"]);
  });

  it("changes nodes and tensors into those of a new graph", () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const model = frozen(modelOf(taken));
        const marked = mapNodes((each) => ({ ...each, docString: "seen" }), model.graph!);
        expect(nodesIn(marked).every(({ docString }) => docString === "seen")).toBe(true);
        expect(mapNodes((each) => each, model.graph!)).toEqual(model.graph);
        const noted = mapTensors((tensor) => ({ ...tensor, docString: tensor.name }), model.graph!);
        expect(tensorsIn(noted).map(({ docString }) => docString)).toEqual(
          tensorsIn(model.graph!).map(({ name }) => name),
        );
      }),
    );
  });
});

const graphOf = (nodes: GraphProto["node"], outputs: readonly string[] = []): GraphProto => {
  const { graph } = tape().model();
  const t = tape();
  for (const name of outputs) t.output(name, t.input(`in/${name}`, "float32", []));
  return { ...graph!, node: nodes, output: t.model().graph!.output };
};

describe("sortNodes", () => {
  it("keeps the order of nodes wherever it may", () => {
    const [first, second, third] = [
      node("Add", ["c", "x"], ["a"], {}, { name: "first" }),
      node("Neg", ["x"], ["b"], {}, { name: "second" }),
      node("Neg", ["b"], ["c"], {}, { name: "third" }),
    ];
    expect(sortNodes([first, second, third]).map(({ name }) => name)).toEqual(["second", "third", "first"]);
    expect(sortNodes([second, third, first]).map(({ name }) => name)).toEqual(["second", "third", "first"]);
  });

  it("puts a node behind those whose results the graphs inside it read", () => {
    const arm = graphOf([node("Neg", ["late"], ["inner"])], ["inner"]);
    const branch = node("If", ["condition"], ["y"], { then_branch: { graph: arm }, else_branch: { graph: arm } });
    const late = node("Exp", ["x"], ["late"]);
    expect(namesRead(branch)).toEqual(["condition", "late", "late"]);
    expect(sortNodes([branch, late])).toEqual([late, branch]);
  });

  it("refuses a circle, and says where one is", () => {
    const nodes = [node("Neg", ["b"], ["a"], {}, { name: "one" }), node("Neg", ["a"], ["b"], {}, { name: "two" })];
    expect(nodeInCycle(nodes)?.name).toBe("one");
    expect(() => sortNodes(nodes)).toThrow(
      /^sortNodes: nodes must not wait for each other in a circle, got node "one" \(Neg\) in one$/,
    );
  });

  it("sorts chains longer than the call stack", () => {
    const nodes = Array.from({ length: 50_000 }, (_, i) => node("Neg", [`v${i}`], [`v${i + 1}`]));
    expect(sortNodes(nodes.toReversed())).toEqual(nodes);
  });
});

describe("neededNames", () => {
  it("has outputs and all that leads to them", () => {
    const nodes = [node("Add", ["x", "w"], ["a"]), node("Neg", ["a"], ["y"]), node("Neg", ["other"], ["unread"])];
    expect([...neededNames(nodes, ["y"])].toSorted()).toEqual(["a", "w", "x", "y"]);
  });
});

describe("renameGraph", () => {
  it("gives values another name where they are read than where they are made", () => {
    const [maker, reader] = [node("Neg", ["x"], ["a"]), node("Neg", ["a"], ["y"])];
    const renamed = renameGraph(
      { values: (name) => name, reads: (name) => (name === "a" ? "b" : name) },
      frozen(graphOf([maker, reader])),
    );
    expect(renamed.node.map(({ input, output }) => [input, output])).toEqual([
      [["x"], ["a"]],
      [["b"], ["y"]],
    ]);
  });

  it("keeps to the graph inside a node what is made there under the name of a value outside", () => {
    const arm = graphOf([node("Neg", ["x"], ["a"]), node("Neg", ["a"], ["inner"])], ["inner"]);
    const outer = frozen(graphOf([node("If", ["a"], ["y"], { then_branch: { graph: arm } })]));
    const renamed = renameGraph({ values: (name) => name, reads: (name) => (name === "a" ? "b" : name) }, outer);
    expect(renamed.node[0]!.input).toEqual(["b"]);
    expect(innerGraphs(renamed.node[0]!)[0]!.node[1]!.input).toEqual(["a"]);
  });

  it("leaves inputs out that are left out", () => {
    const [clip] = renameGraph({ values: (name) => `n/${name}` }, graphOf([node("Clip", ["x", "", "m"], ["y"])])).node;
    expect(clip!.input).toEqual(["n/x", "", "n/m"]);
  });
});

describe("missingValue", () => {
  const made = node("Neg", ["x"], ["y"], {}, { name: "reader" });

  it("finds what a node reads, also inside, and what is given out, and that nothing makes", () => {
    expect(missingValue(graphOf([made]))).toMatchObject({ name: "x", reader: { name: "reader" } });
    const constant = tensorFromArray(ndArray("float32", [], [1]), "x");
    const whole = { ...graphOf([made], ["y"]), initializer: [constant] };
    expect(missingValue(whole)).toBeUndefined();
    expect(missingValue({ ...graphOf([made], ["z"]), initializer: [constant] })).toEqual({
      name: "z",
      reader: undefined,
    });
    const arm = graphOf([node("Neg", ["outside"], ["inner"])], ["inner"]);
    const branch = node("If", ["x"], ["y"], { then_branch: { graph: arm } }, { name: "branch" });
    expect(missingValue({ ...whole, node: [branch] })).toMatchObject({ name: "outside", reader: { name: "branch" } });
  });
});

describe("graphView", () => {
  const t = tape();
  const x = t.input("x", "float32", ["n", 2]);
  const w = t.constant("float32", [2], [1, 2], "w");
  const far = t.external("far", "float32", [2], { location: "weights", offset: 0, length: 8 });
  const sum = t.op("Add", [x, w], {}, { output: "sum" });
  t.output("y", t.op("Mul", [t.op("Add", [sum, sum]), far]));
  const view = graphView(frozen(t.model().graph!));

  it("knows makers and takers", () => {
    expect(view.maker("sum")?.opType).toBe("Add");
    expect(view.maker("x")).toBeUndefined();
    expect(view.maker("")).toBeUndefined();
    expect(view.takers("sum").map(({ opType }) => opType)).toEqual(["Add"]);
    expect(view.takers("y")).toEqual([]);
  });

  it("knows inputs, outputs and constants", () => {
    expect([...view.inputs.keys()]).toEqual(["x"]);
    expect([...view.outputs]).toEqual(["y"]);
    expect(view.constant("w")).toEqual(ndArray("float32", [2], [1, 2]));
    expect(view.constant("far")).toBeUndefined();
    expect(view.tensor("far")?.name).toBe("far");
    expect(view.info("x")?.dims).toEqual(["n", 2]);
  });

  it("takes the value of a Constant node for a constant", () => {
    const two = node("Constant", [], ["two"], { value: { tensor: ndArray("int64", [], [2]) } });
    expect(graphView(graphOf([two])).constant("two")).toEqual(ndArray("int64", [], [2]));
  });
});
