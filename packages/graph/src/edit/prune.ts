// Which values lead to the outputs of a graph, and the graph without all others.

import { checkArray } from "@ropewalk/check";
import { checkGraph, checkNodes } from "../model/check-graph.ts";
import { namesRead } from "../model/node.ts";
import type { GraphProto, NodeProto } from "../proto/onnx_pb.ts";
import { makersOf } from "./sort.ts";

/** The names of values that some outputs need: the outputs themselves, and all that leads to them. */
export const neededNames = (nodes: readonly NodeProto[], outputs: readonly string[]): ReadonlySet<string> => {
  checkNodes("neededNames", nodes);
  checkArray("neededNames", "outputs", outputs, "Array");
  const makers = makersOf(nodes);
  const needed = new Set<string>();
  const stack = [...outputs];
  while (stack.length > 0) {
    const name = stack.pop()!;
    if (name === "" || needed.has(name)) continue;
    needed.add(name);
    const maker = makers.get(name);
    if (maker) for (const read of namesRead(maker)) stack.push(read);
  }
  return needed;
};

/**
 * The graph without the nodes and initializers that lead to no output. The inputs that a caller must give stay; an input that loses its
 * initializer goes, since a caller would have to give it from then on.
 */
export const pruneGraph = (graph: GraphProto): GraphProto => {
  checkGraph("pruneGraph", graph);
  const needed = neededNames(
    graph.node,
    graph.output.map(({ name }) => name),
  );
  const initialized = new Set(graph.initializer.map(({ name }) => name));
  return {
    ...graph,
    input: graph.input.filter(({ name }) => needed.has(name) || !initialized.has(name)),
    node: graph.node.filter(({ output }) => output.some((name) => needed.has(name))),
    initializer: graph.initializer.filter(({ name }) => needed.has(name)),
  };
};
