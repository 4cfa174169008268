/** The order of nodes: every value is made before it is taken, and the order stays as it was wherever it may. */
import { innerGraphs, type GraphProto, type NodeProto } from "@ropewalk/graph";
import { refuse } from "../errors.ts";
import { nameOf } from "./name-of.ts";

/** Names that the graphs inside a node take from around it, among others. */
export const takenBy = (node: NodeProto): readonly string[] => [
  ...node.input,
  ...innerGraphs(node).flatMap((graph) => [...graph.node.flatMap(takenBy), ...graph.output.map(({ name }) => name)]),
];

/** Names that a node needs from around it: its inputs, and what the graphs inside it take and do not make. */
export const neededBy = (node: NodeProto): readonly string[] => {
  const needed = [...node.input];
  for (const graph of innerGraphs(node)) {
    const made = new Set([
      ...[...graph.input, ...graph.initializer].map(({ name }) => name),
      ...graph.node.flatMap(({ output }) => output),
    ]);
    const taken = [...graph.node.flatMap(neededBy), ...graph.output.map(({ name }) => name)];
    for (const name of taken) if (!made.has(name)) needed.push(name);
  }
  return needed;
};

/**
 * The nodes in topological order.
 *
 * @throws RangeError when nodes wait for each other in a circle; the message has one of them.
 */
export const sortNodes = (nodes: readonly NodeProto[]): readonly NodeProto[] => {
  const makers = new Map(nodes.flatMap((node) => node.output.map((output) => [output, node] as const)));
  const sorted: NodeProto[] = [];
  const state = new Map<NodeProto, "open" | "done">();
  // A stack of its own: a graph is deeper than a call stack.
  for (const root of nodes) {
    const stack = [root];
    while (stack.length > 0) {
      const node = stack.at(-1)!;
      if (state.get(node) === "done") {
        stack.pop();
        continue;
      }
      const waiting = [...new Set(takenBy(node))].flatMap((name) => {
        const maker = name === "" ? undefined : makers.get(name);
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
      if (circle) refuse(`nodes must not wait for each other in a circle, got ${nameOf(circle)} in one`);
      for (const maker of waiting.toReversed()) stack.push(maker);
    }
  }
  return sorted;
};

/**
 * Checks that every value a node takes is made.
 *
 * @throws RangeError with the node and the value
 */
export const checkMade = ({ node: nodes, input, initializer, output }: GraphProto): void => {
  const made = new Set([
    ...input.map(({ name }) => name),
    ...initializer.map(({ name }) => name),
    ...nodes.flatMap((node) => node.output),
  ]);
  for (const node of nodes) {
    const missing = node.input.find((name) => name !== "" && !made.has(name));
    if (missing !== undefined) refuse(`${nameOf(node)} must take values that are made, got "${missing}"`);
  }
  const missing = output.find(({ name }) => !made.has(name));
  if (missing) refuse(`outputs of the graph must be made, got "${missing.name}"`);
};

/** Names that something needs: outputs of the graph, and all that leads to them. */
export const neededNames = (nodes: readonly NodeProto[], outputs: readonly string[]): ReadonlySet<string> => {
  const makers = new Map(nodes.flatMap((node) => node.output.map((output) => [output, node] as const)));
  const needed = new Set<string>();
  const stack = [...outputs];
  while (stack.length > 0) {
    const name = stack.pop()!;
    if (name === "" || needed.has(name)) continue;
    needed.add(name);
    const maker = makers.get(name);
    if (maker) for (const taken of takenBy(maker)) stack.push(taken);
  }
  return needed;
};
