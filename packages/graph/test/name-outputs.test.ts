import { expect, it } from "vitest";
import { evaluate, nameOutputs, ndArray, tape, withGraph, type Tape } from "../src/index.ts";

/** The kinds of nodes after the edit, whose results must have stayed. */
const kindsAfter = (record: (graph: Tape) => void): readonly string[] => {
  const graph = tape();
  record(graph);
  const model = graph.model();
  const after = withGraph(nameOutputs(model.graph!), model);
  const feeds = { x: ndArray("float32", [2], [1, -2]) };
  expect(evaluate(after, feeds)).toEqual(evaluate(model, feeds));
  return after.graph!.node.map(({ opType }) => opType);
};

it("an Identity that only names an output goes, also where other nodes read the result", () => {
  const kinds = kindsAfter((graph) => {
    const x = graph.input("x", "float32", [2]);
    const twice = graph.op("Add", [x, x]);
    graph.output("twice", twice);
    const isAbove = graph.op("Greater", [graph.op("ReduceSum", [x]), graph.constant("float32", [1], [0])]);
    const [chosen] = graph.branch(isAbove, {
      whenTrue: (arm) => [arm.op("Neg", [twice])],
      whenFalse: (arm) => [arm.op("Abs", [twice])],
    });
    graph.output("chosen", chosen!);
  });
  expect(kinds).toContain("If");
  expect(kinds).not.toContain("Identity");
});

it("an Identity stays where its input has a name by right", () => {
  const kinds = kindsAfter((graph) => {
    const x = graph.input("x", "float32", [2]);
    graph.output("same", x);
    const sum = graph.op("Add", [x, x]);
    graph.output("first", sum);
    graph.output("second", sum);
    graph.output("one", graph.constant("float32", [1], [1], "stored"));
  });
  expect(kinds.filter((kind) => kind === "Identity")).toHaveLength(3);
});
