/** Removes new nodes that no output needs: a runtime would compute them all the same. */
import { namesRead } from "../model/node.ts";
import type { GraphProto } from "../proto/onnx_pb.ts";

/** The graph without those nodes and initializers, after the first ones, that no output depends on. */
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
