/** Removes new nodes that no output needs: a runtime would compute them all the same. */
import { neededNames } from "../edit/prune.ts";
import type { GraphProto } from "../proto/onnx_pb.ts";

/** The graph without those nodes and initializers, after the first ones, that neither an output nor a first node depends on. */
export const readNodes = (
  graph: GraphProto,
  kept: { readonly nodes: number; readonly initializers: number },
): GraphProto => {
  const keptNodes = graph.node.slice(0, kept.nodes);
  const needed = neededNames(graph.node, [
    ...graph.output.map(({ name }) => name),
    ...keptNodes.flatMap(({ output }) => output),
  ]);
  return {
    ...graph,
    node: graph.node.filter(({ output }, at) => at < kept.nodes || output.some((name) => needed.has(name))),
    initializer: graph.initializer.filter(({ name }, at) => at < kept.initializers || needed.has(name)),
  };
};
