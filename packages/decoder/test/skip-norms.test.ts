/** Additions in one node with norms: which are fused, and which must not be. */
import { tape, type Tape, type Value } from "@ropewalk/graph";
import { describe, expect, it } from "vitest";
import { fuseSkipNorms } from "../src/graph/skip-norms.ts";

const kinds = (record: (graph: Tape, x: Value, y: Value) => void): readonly string[] => {
  const graph = tape();
  record(graph, graph.input("x", "float32", ["rows", 4]), graph.input("y", "float32", ["rows", 4]));
  return fuseSkipNorms(graph.model().graph!, graph.value).node.map(({ opType }) => opType);
};

const norm = (graph: Tape, x: Value): Value =>
  graph.op("SimplifiedLayerNormalization", [x, graph.constant("float32", [4], [1, 1, 1, 1])], {
    axis: -1,
    epsilon: { float: 1e-5 },
  });

describe("fuseSkipNorms", () => {
  it("fuses a sum and its norm, and keeps the sum for later readers", () => {
    const graph = tape();
    const [x, y] = ["x", "y"].map((name) => graph.input(name, "float32", ["rows", 4])) as [Value, Value];
    const sum = graph.op("Add", [x, y]);
    graph.output("out", graph.op("Add", [norm(graph, sum), sum]));
    const { node } = fuseSkipNorms(graph.model().graph!, graph.value);
    const [fused] = node;
    expect(node.map(({ opType }) => opType)).toEqual(["SkipSimplifiedLayerNormalization", "Add", "Identity"]);
    expect(fused!.input.slice(0, 2)).toEqual(["x", "y"]);
    expect(fused!.output).toEqual([node[1]!.input[0], "", "", sum.name]);
    expect(fused!.attribute.find(({ name }) => name === "epsilon")?.f).toBeCloseTo(1e-5, 10);
  });

  it.each<readonly [string, (graph: Tape, x: Value, y: Value) => void]>([
    [
      "a bias, which is added to every row",
      (graph, x) => norm(graph, graph.op("Add", [x, graph.constant("float32", [4], [1, 2, 3, 4])])),
    ],
    [
      "one row, which is added to every row",
      (graph, x) => norm(graph, graph.op("Add", [x, graph.constant("float32", [1, 4], [1, 2, 3, 4])])),
    ],
    [
      "a sum that is an output",
      (graph, x, y) => norm(graph, graph.output("sum", graph.op("Add", [x, y], {}, { output: "sum" }))),
    ],
    [
      "a sum that is read before the norm",
      (graph, x, y) => {
        const sum = graph.op("Add", [x, y]);
        graph.op("Neg", [sum]);
        norm(graph, sum);
      },
    ],
    ["a norm of something else", (graph, x, y) => norm(graph, graph.op("Mul", [x, y]))],
  ])("leaves %s", (_, record) => {
    expect(kinds(record)).not.toContain("SkipSimplifiedLayerNormalization");
  });

  it("fuses a sum once, though two norms read it", () => {
    const found = kinds((graph, x, y) => {
      const sum = graph.op("Add", [x, y]);
      norm(graph, norm(graph, sum));
      norm(graph, sum);
    });
    expect(found.filter((kind) => kind === "SkipSimplifiedLayerNormalization")).toHaveLength(1);
    expect(found.filter((kind) => kind === "SimplifiedLayerNormalization")).toHaveLength(2);
  });
});
