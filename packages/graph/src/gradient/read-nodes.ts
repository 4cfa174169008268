/** What of a graph's end is read: a runtime computes every node, also one whose result nobody asks for. */
import { namesRead } from "../model/node.ts";
import type { GraphProto } from "../proto/onnx_pb.ts";

/** The graph without the nodes and the initializers behind its first ones that lead to no output. */
export const readNodes = (
  graph: GraphProto,
  kept: { readonly nodes: number; readonly initializers: number },
): GraphProto => {
  const read = new Set(graph.output.map(({ name }) => name));
  const node = graph.node
    .toReversed()
    .filter((each, fromEnd) => {
      const isRead = graph.node.length - 1 - fromEnd < kept.nodes || each.output.some((name) => read.has(name));
      if (isRead) for (const name of namesRead(each)) read.add(name);
      return isRead;
    })
    .toReversed();
  const initializer = graph.initializer.filter(({ name }, at) => at < kept.initializers || read.has(name));
  return { ...graph, node, initializer };
};
