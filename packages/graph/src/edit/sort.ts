// The order of nodes: every value is made before it is read, and nodes keep their order wherever they may.

import { fail } from "../fail.ts";
import { checkNodes } from "../model/check-graph.ts";
import { nodeInWords, namesRead } from "../model/node.ts";
import type { NodeProto } from "../proto/onnx_pb.ts";

/** Nodes by the values that they make. */
export const makersOf = (nodes: readonly NodeProto[]): ReadonlyMap<string, NodeProto> =>
  new Map(nodes.flatMap((node) => node.output.flatMap((name) => (name === "" ? [] : [[name, node] as const]))));

type Order =
  | { readonly kind: "sorted"; readonly nodes: readonly NodeProto[] }
  | { readonly kind: "circle"; readonly node: NodeProto };

/** Depth first: before a node come those that it waits for. */
const order = (nodes: readonly NodeProto[]): Order => {
  const makers = makersOf(nodes);
  const sorted: NodeProto[] = [];
  const state = new Map<NodeProto, "open" | "done">();
  // A stack of its own: a graph may be deeper than the call stack.
  for (const root of nodes) {
    const stack = [root];
    while (stack.length > 0) {
      const node = stack.at(-1)!;
      if (state.get(node) === "done") {
        stack.pop();
        continue;
      }
      const waiting = [...new Set(namesRead(node))].flatMap((name) => {
        const maker = makers.get(name);
        return maker && state.get(maker) !== "done" ? [maker] : [];
      });
      if (waiting.length === 0) {
        state.set(node, "done");
        sorted.push(node);
        stack.pop();
        continue;
      }
      state.set(node, "open");
      const circle = waiting.find((maker) => state.get(maker) === "open");
      if (circle) return { kind: "circle", node: circle };
      for (const maker of waiting.toReversed()) stack.push(maker);
    }
  }
  return { kind: "sorted", nodes: sorted };
};

/** A node that waits for its own results, by way of others or at once; undefined where there is none. */
export const nodeInCycle = (nodes: readonly NodeProto[]): NodeProto | undefined => {
  checkNodes("nodeInCycle", nodes);
  const found = order(nodes);
  return found.kind === "circle" ? found.node : undefined;
};

/**
 * The nodes in topological order.
 *
 * @throws RangeError when nodes wait for each other in a circle; the message names one of them
 */
export const sortNodes = (nodes: readonly NodeProto[]): readonly NodeProto[] => {
  checkNodes("sortNodes", nodes);
  const found = order(nodes);
  if (found.kind === "sorted") return found.nodes;
  return fail(`sortNodes: nodes must not wait for each other in a circle, got ${nodeInWords(found.node)} in one`);
};
