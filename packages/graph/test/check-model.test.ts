import { describe, expect, it } from "vitest";
import type { ModelProto } from "@ropewalk/graph";
import { attribute, checkModel, node, tape, valueInfo } from "@ropewalk/graph";

const x = { name: "x", type: "float32", dims: [2] } as const;

/** x -> Neg -> a -> Exp -> y, with room for a mistake. */
const chain = (break_: (model: ModelProto) => void = () => {}): ModelProto => {
  const model = tape("main").model();
  const graph = model.graph!;
  graph.input.push(valueInfo(x));
  graph.node.push(node("Neg", ["x"], ["a"], {}, { name: "first" }), node("Exp", ["a"], ["y"], {}, { name: "second" }));
  graph.output.push(valueInfo({ ...x, name: "y" }));
  break_(model);
  return model;
};

/** A node with a graph inside that uses `input` and gives `output`. */
const withInner = (input: string, output: string): ReturnType<typeof node> => {
  const inner = tape("inner").model().graph!;
  inner.node.push(node("Abs", [input], ["b"]));
  inner.output.push(valueInfo({ ...x, name: output }));
  const holder = node("If", ["a"], ["z"], {}, { name: "holder" });
  holder.attribute.push({ ...attribute("then_branch", 0), type: 5, i: undefined, g: inner });
  return holder;
};

it("accepts a model in order", () => {
  expect(() => checkModel(chain())).not.toThrow();
  expect(() => checkModel(chain(({ graph }) => graph!.node.push(node("Clip", ["y", "", "a"], ["z"]))))).not.toThrow();
  expect(() => checkModel(chain(({ graph }) => graph!.node.push(withInner("a", "b"))))).not.toThrow();
  // An initializer may be the default of an input.
  const t = tape();
  t.constant("float32", [], [1], "w");
  const model = t.model();
  model.graph!.input.push(valueInfo({ ...x, name: "w" }));
  expect(() => checkModel(model)).not.toThrow();
});

describe("refuses", () => {
  it.each<readonly [string, (model: ModelProto) => void, string]>([
    ["no graph", (model) => (model.graph = undefined), "a model must have a graph"],
    [
      "nodes out of order",
      ({ graph }) => (graph!.node = graph!.node.toReversed()),
      'node "second" (Exp) input 0 must be made before it, got "a", which a later node makes',
    ],
    [
      "a value that nothing makes",
      ({ graph }) => (graph!.node[1]!.input[0] = "b"),
      'node "second" (Exp) input 0 must be made before it, got "b", which nothing makes',
    ],
    [
      "a node that uses its own output",
      ({ graph }) => (graph!.node[0]!.input[0] = "a"),
      'node "first" (Neg) input 0 must be made before it, got "a", which a later node makes',
    ],
    [
      "a value made twice",
      ({ graph }) => (graph!.node[1]!.output[0] = "a"),
      'node "second" (Exp) output must have a new name, got "a" again',
    ],
    [
      "an output that hides an input",
      ({ graph }) => (graph!.node[1]!.output[0] = "x"),
      'node "second" (Exp) output must have a new name, got "x" again',
    ],
    [
      "two nodes of one name",
      ({ graph }) => (graph!.node[1]!.name = "first"),
      'node "first" (Exp) must have a name of its own',
    ],
    ["a node without operator", ({ graph }) => (graph!.node[1]!.opType = ""), 'node "second" () must have an operator'],
    [
      "a domain that is not declared",
      ({ graph }) => (graph!.node[1]!.domain = "com.microsoft"),
      'node "second" (Exp) must be of a declared domain, got "com.microsoft" and opset_import ""',
    ],
    [
      "no operator sets",
      (model) => (model.opsetImport = []),
      'node "first" (Neg) must be of a declared domain, got "" and opset_import ',
    ],
    [
      "an output that is not made",
      ({ graph }) => (graph!.output[0]!.name = "z"),
      'graph "main" outputs must be made in it, got "z"',
    ],
    [
      "two inputs of one name",
      ({ graph }) => graph!.input.push(valueInfo(x)),
      'graph "main" inputs must have names of their own, got "x"',
    ],
    [
      "an inner value that nothing makes",
      ({ graph }) => graph!.node.push(withInner("c", "b")),
      'the node without a name (Abs) that makes "b" input 0 must be made before it, got "c", which nothing makes',
    ],
    [
      "an inner output that is not made",
      ({ graph }) => graph!.node.push(withInner("a", "c")),
      'graph "inner" outputs must be made in it, got "c"',
    ],
  ])("%s", (_, break_, message) => {
    expect(() => checkModel(chain(break_))).toThrow(new RangeError(`checkModel: ${message}`));
  });

  it("two initializers of one name", () => {
    const t = tape("main");
    t.constant("float32", [], [1], "w");
    const model = t.model();
    model.graph!.initializer.push(...model.graph!.initializer);
    expect(() => checkModel(model)).toThrow(
      'checkModel: graph "main" initializers must have names of their own, got "w"',
    );
  });
});
