/** Arguments that JavaScript lets through: each is refused, by the names of the function and the argument. */
import { thrownBy } from "@ropewalk/testing/thrown";
import { describe, expect, it } from "vitest";
import * as graph from "../src/index.ts";
import { differentiate } from "../src/gradient.ts";
import { formsOf, type Form, type Kind } from "../src/operators/forms.ts";
import type { Attribute, Tape, Value } from "../src/index.ts";

const { node, sortNodes, tape } = graph;

const anyOf = (value: unknown): never => value as never;

/** A tape that records any call, as plain JavaScript does. */
const plainTape = () => {
  const t = tape();
  const x = t.input("x", "float32", [3]);
  const ops = t.ops as unknown as (
    opType: unknown,
    numOutputs: unknown,
    inputs: unknown,
    attributes?: unknown,
    options?: unknown,
  ) => readonly Value[];
  return { t, x, ops };
};

describe("a tape refuses", () => {
  type Call = (t: Tape, x: Value, ops: ReturnType<typeof plainTape>["ops"]) => unknown;
  const onnx = "must be an operator of ONNX (for one of another domain the option domain names it)";
  it.each<readonly [string, Call, string]>([
    [
      "an operator in other capitals",
      (_t, x, ops) => ops("Matmul", 1, [x, x]),
      `RangeError: op: opType ${onnx}, got "Matmul"; MatMul is meant?`,
    ],
    [
      "an operator with a letter too many",
      (_t, x, ops) => ops("SoftMaxx", 1, [x]),
      `RangeError: op: opType ${onnx}, got "SoftMaxx"; Softmax is meant?`,
    ],
    [
      "an operator like no other",
      (_t, x, ops) => ops("Frobnicate", 1, [x]),
      `RangeError: op: opType ${onnx}, got "Frobnicate"`,
    ],
    [
      "an operator with graphs inside",
      (_t, x, ops) => ops("If", 1, [x]),
      'RangeError: op: opType must be an operator without graphs inside, got "If", which branch of the tape records',
    ],
    ["no operator", (_t, x, ops) => ops(5, 1, [x]), "TypeError: op: opType must be the name of an operator, got 5"],
    [
      "a domain that is no text",
      (_t, x, ops) => ops("Neg", 1, [x], {}, { domain: 5 }),
      "TypeError: op: domain must be text, got 5",
    ],
    [
      "a type of another library",
      (t) => t.input("a", anyOf("f32"), []),
      `TypeError: input "a": type must be one of float32, float64, float16, bfloat16, int8, uint8, int16, uint16, int32, uint32, int64, uint64, bool, got "f32"`,
    ],
    [
      "sizes that are no list",
      (t) => t.input("a", "float32", anyOf(3)),
      `TypeError: input "a": dims must be an array, got 3`,
    ],
    [
      "an input that is forgotten",
      (_t, x, ops) => ops("Add", 1, [x]),
      `RangeError: Add "/Add": inputs must be 2, got 1`,
    ],
    [
      "an input that is left out and may not be",
      (_t, x, ops) => ops("Add", 1, [undefined, x]),
      `RangeError: Add "/Add": input 0 is required, got nothing`,
    ],
    [
      "an input that is none",
      (_t, x, ops) => ops("Add", 1, [x, null]),
      `TypeError: Add "/Add": a value must be one that a tape gave, got null`,
    ],
    [
      "a number for an input",
      (_t, x, ops) => ops("Add", 1, [x, 1]),
      `TypeError: Add "/Add": a value must be one that a tape gave, got 1`,
    ],
    [
      "inputs that are no list",
      (_t, x, ops) => ops("Neg", 1, x),
      `TypeError: Neg "/Neg": inputs must be a list of values, got an object`,
    ],
    [
      "nothing to join",
      (_t, _x, ops) => ops("Concat", 1, [], { axis: 0 }),
      `RangeError: Concat "/Concat": inputs must be at least 1, got 0`,
    ],
    [
      "no outputs",
      (_t, x, ops) => ops("Split", 0, [x]),
      "RangeError: ops: numOutputs must be an integer of at least 1, got 0",
    ],
    [
      "an option that nobody reads",
      (_t, x, ops) => ops("Neg", 1, [x], {}, { nme: "n" }),
      `TypeError: op: options must have no keys but domain, name, output, results, got "nme"; name is meant?`,
    ],
    [
      "an option of the model that nobody reads",
      (t) => t.model(anyOf({ opsetVersion: 21 })),
      `TypeError: model: options must have no keys but opset, irVersion, producer, got "opsetVersion"`,
    ],
    [
      "attributes that are no object",
      (_t, x, ops) => ops("Softmax", 1, [x], 1),
      `TypeError: Softmax "/Softmax": attributes must be an object, got 1`,
    ],
    [
      "an attribute by a wrong name",
      (_t, x, ops) => ops("Softmax", 1, [x], { axes: 1 }),
      `TypeError: Softmax "/Softmax": attributes must have no keys but axis, got "axes"; axis is meant?`,
    ],
    [
      "an attribute of an operator without any",
      (t, x, ops) => ops("Add", 1, [x, x], { axis: 1 }) && t,
      `TypeError: Add "/Add": attributes must be left out, got "axis"`,
    ],
    [
      "an integer for a number with a point",
      (_t, x, ops) => ops("Gemm", 1, [x, x], { alpha: 1 }),
      `TypeError: Gemm "/Gemm": attribute alpha must be { float }, got 1`,
    ],
    [
      "an attribute that is none",
      (_t, x, ops) => ops("Softmax", 1, [x], { axis: true }),
      "TypeError: attribute: axis must be a number, text, a list or an object, got true",
    ],
    [
      "an attribute of another kind",
      (_t, x, ops) => ops("Softmax", 1, [x], { axis: { int: 1 } }),
      "TypeError: attribute: axis must be a number, text, a list of numbers, or an object of float, floats, strings, tensor or graph, got an object",
    ],
  ])("%s", (_, call, message) => {
    const { t, x, ops } = plainTape();
    expect(thrownBy(() => call(t, x, ops))).toBe(message);
    expect(t.model().graph!.node).toEqual([]);
  });
});

describe("the form of a call is that of the operator", () => {
  const values: Readonly<Record<Kind, Attribute>> = {
    "an integer": 1,
    text: "text",
    "a list of integers": [1],
    "{ float }": { float: 1 },
    "{ floats }": { floats: [1] },
    "{ tensor }": { tensor: graph.ndArray("float32", [1], [1]) },
  };
  const kinds = Object.keys(values) as readonly Kind[];
  const forms = [...formsOf].flatMap(([domain, rows]) =>
    Object.entries(rows).map(([opType, form]) => [domain, opType, form] as const),
  );
  /** Values of unknown types and sizes contradict no rule, so only the form of the call decides. */
  const call = (domain: string, opType: string, { inputs, outputs, attributes }: Calls): string =>
    thrownBy(() => {
      const { t, x, ops } = plainTape();
      const unknown = (t.op as typeof t.op<never, string>)("Any" as never, [x] as never, {} as never, {
        domain: "mine",
      });
      ops(
        opType,
        outputs,
        Array.from({ length: inputs }, () => unknown),
        attributes,
        { domain },
      );
    });
  type Calls = {
    readonly inputs: number;
    readonly outputs: number;
    readonly attributes: Readonly<Record<string, Attribute>>;
  };
  const counts = ([least, most]: Form["inputs"]) => ({
    right: [least, Math.min(most, least + 3)],
    wrong: [least - 1, most + 1].filter((count) => count >= 0 && count < Infinity),
  });

  it.each(forms)("%s %s", (domain, opType, form) => {
    const at = `${opType} "/${opType}": `;
    const right: Calls = {
      inputs: form.inputs[0],
      outputs: form.outputs[0],
      attributes: {},
    };
    const isForm = (message: string): boolean =>
      /: (inputs|outputs|attributes|attribute \w+) must be /.test(message) ||
      message.includes("attributes must have no keys but");
    for (const inputs of counts(form.inputs).right)
      expect(isForm(call(domain, opType, { ...right, inputs }))).toBe(false);
    for (const inputs of counts(form.inputs).wrong)
      expect(call(domain, opType, { ...right, inputs })).toMatch(
        new RegExp(`^RangeError: ${at}inputs must be .*, got ${inputs}$`),
      );
    for (const outputs of counts(form.outputs).right)
      expect(isForm(call(domain, opType, { ...right, outputs }))).toBe(false);
    for (const outputs of counts(form.outputs).wrong.filter((count) => count > 0))
      expect(call(domain, opType, { ...right, outputs })).toMatch(
        new RegExp(`^RangeError: ${at}outputs must be .*, got ${outputs}$`),
      );
    expect(call(domain, opType, { ...right, attributes: { nobody: 1 } })).toContain(`TypeError: ${at}attributes must`);
    for (const [name, kind] of Object.entries(form.attributes))
      for (const given of kinds) {
        const refused = call(domain, opType, { ...right, attributes: { [name]: values[given] } });
        if (given === kind) expect(isForm(refused), refused).toBe(false);
        else expect(refused).toContain(`TypeError: ${at}attribute ${name} must be ${kind}, got `);
      }
  });
});

describe("what is no graph, node or model", () => {
  const t = tape();
  t.output("y", t.op("Neg", [t.input("x", "float32", [1])]));
  const model = t.model();
  const calls: Readonly<Record<string, readonly [string, (value: never) => unknown]>> = {
    graphView: ["graph", graph.graphView],
    pruneGraph: ["graph", graph.pruneGraph],
    nameOutputs: ["graph", graph.nameOutputs],
    withGraph: ["graph", (value: never) => graph.withGraph(value, {} as never)],
    missingValue: ["graph", graph.missingValue],
    nodesIn: ["graph", graph.nodesIn],
    tensorsIn: ["graph", graph.tensorsIn],
    namesMade: ["graph", graph.namesMade],
    mapNodes: ["graph", (value) => graph.mapNodes((each) => each, value)],
    mapTensors: ["graph", (value) => graph.mapTensors((each) => each, value)],
    renameGraph: ["graph", (value) => graph.renameGraph({ values: (name) => name }, value)],
    renameNodes: ["nodes", (value) => graph.renameNodes({ values: (name) => name }, value)],
    sortNodes: ["nodes", sortNodes],
    nodeInCycle: ["nodes", graph.nodeInCycle],
    neededNames: ["nodes", (value) => graph.neededNames(value, [])],
    mapInnerGraphs: ["node", (value) => graph.mapInnerGraphs((each) => each, value)],
    innerGraphs: ["node", graph.innerGraphs],
    namesRead: ["node", graph.namesRead],
    encode: ["model", graph.encode],
    checkModel: ["model", graph.checkModel],
    evaluate: ["model", (value) => graph.evaluate(value, {})],
    differentiate: ["model", (value) => differentiate(value, { loss: "y", parameters: [] })],
  };
  it.each(Object.entries(calls))("is refused by %s", (name, [argument, call]) => {
    const rules = {
      graph: "graph must be a graph, such as the graph of a model",
      nodes: "nodes must be a list of nodes",
      node: "node must be a node",
      model: "model must be a model, as decode and the model() of a tape give it",
    };
    for (const value of [undefined, null, 5, "graph", {}])
      expect(thrownBy(() => call(anyOf(value)))).toMatch(
        new RegExp(`^TypeError: ${name}: ${rules[argument as keyof typeof rules].replace(/[()]/g, "\\$&")}, got `),
      );
    const other = argument === "model" ? model.graph : model;
    expect(thrownBy(() => call(anyOf(other)))).toMatch(/^TypeError: .*, got (a graph|the model|an object)$/);
  });

  it("is refused in a list of nodes, by its place", () => {
    expect(thrownBy(() => sortNodes([...model.graph!.node, anyOf("Neg")]))).toBe(
      'TypeError: sortNodes: nodes[2] must be a node, got "Neg"',
    );
  });

  it.each<readonly [string, () => unknown]>([
    ["mapNodes: change must be a function, got nothing", () => graph.mapNodes(anyOf(undefined), model.graph!)],
    [
      "mapNodes: change must return a node or a list of nodes, got nothing",
      () =>
        graph.mapNodes(
          anyOf(() => {}),
          model.graph!,
        ),
    ],
    ["mapTensors: change must be a function, got 5", () => graph.mapTensors(anyOf(5), model.graph!)],
    [
      "renameGraph: renaming must be an object, got the function",
      () =>
        graph.renameGraph(
          anyOf(() => "a"),
          model.graph!,
        ),
    ],
    ["renameGraph: values must be a function, got nothing", () => graph.renameGraph(anyOf({}), model.graph!)],
    [
      'renameGraph: renaming must have no keys but values, reads, nodes, got "value"; values is meant?',
      () => graph.renameGraph(anyOf({ value: String }), model.graph!),
    ],
    [
      'renameGraph: values must return a name, got nothing for "x"',
      () => graph.renameGraph({ values: anyOf(() => {}) }, model.graph!),
    ],
    ['neededNames: outputs must be an array, got "y"', () => graph.neededNames(model.graph!.node, anyOf("y"))],
    ['node: input must be a list of names, got "x"', () => node("Neg", anyOf("x"), ["y"])],
    ["node: opType must be the name of an operator, got nothing", () => node(anyOf(undefined), [], [])],
    ['attribute: alpha must hold numbers, got "1"', () => graph.attribute("alpha", { float: anyOf("1") })],
    ["attribute: scales must be an array, got 1", () => graph.attribute("scales", { floats: anyOf(1) })],
    ["ndArray: type must be one of float32, ", () => graph.ndArray(anyOf("f32"), [], [1])],
    ["ndArray: dims must be an array, got 1", () => graph.ndArray("float32", anyOf(1), [1])],
    ["ndArray: data must be an array of numbers, got nothing", () => graph.ndArray("float32", [], anyOf(undefined))],
    ["typeCode: type must be one of float32, ", () => graph.typeCode(anyOf("float"))],
    ["evaluate: feeds must be an object of arrays", () => graph.evaluate(model, anyOf(undefined))],
    [
      'evaluate: feed "x" must be an array that ndArray gave, got a Float32Array',
      () => graph.evaluate(model, { x: anyOf(new Float32Array(1)) }),
    ],
    ["decode: bytes must be a Uint8Array, got an ArrayBuffer", () => graph.decode(anyOf(new ArrayBuffer(1)))],
  ])("%s", (message, call) => {
    expect(thrownBy(call)).toContain(`TypeError: ${message}`);
  });
});

describe("a circle of nodes", () => {
  it("is named by a node of it, or by what the node makes", () => {
    const circle = (name: string) => [
      node("Add", ["a", "x"], ["b"], {}, { name }),
      node("Mul", ["b", "x"], ["a"], {}, { name: name && `${name}2` }),
    ];
    const rule = "RangeError: sortNodes: nodes must not wait for each other in a circle, got";
    expect(thrownBy(() => sortNodes(circle("first")))).toBe(`${rule} node "first" (Add) in one`);
    expect(thrownBy(() => sortNodes(circle("")))).toBe(`${rule} the node without a name (Add) that makes "b" in one`);
  });
});
