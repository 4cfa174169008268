/**
 * What a value of the graph comes to for given inputs, computed by the graph's own nodes: how a part is understood without
 * knowing the operators it is written in.
 */
import { evaluate, ndArray, valueInfo, type GraphProto, type NdArray, type NodeProto } from "@ropewalk/graph";
import { refuse } from "./check.ts";
import type { GraphView } from "./graph-view.ts";

/** Values that are given, by name; nodes before them are not run. */
export type Feeds = ReadonlyMap<string, NdArray>;

/** The nodes that lead from what is given to a value, in the graph's order, and the names they begin with. */
const nodesTo = (view: GraphView, names: readonly string[], feeds: Feeds) => {
  const nodes = new Set<NodeProto>();
  const leaves = new Set<string>();
  const stack = [...names];
  while (stack.length > 0) {
    const name = stack.pop()!;
    const node = feeds.has(name) ? undefined : view.maker(name);
    if (name === "" || (node && nodes.has(node))) continue;
    if (node === undefined) leaves.add(name);
    else {
      nodes.add(node);
      stack.push(...node.input);
    }
  }
  return { nodes: view.graph.node.filter((node) => nodes.has(node)), leaves };
};

const isPlainDomain = ({ domain }: NodeProto): boolean => domain === "" || domain === "ai.onnx";

/**
 * The value `name` for `feeds`, in float64.
 *
 * @throws RangeError when it depends on something that is not given, or on an operator that is not known
 */
export const evaluateValue = (view: GraphView, name: string, feeds: Feeds): NdArray => {
  const { nodes, leaves } = nodesTo(view, [name], feeds);
  const given = [...leaves].filter((leaf) => feeds.has(leaf));
  const initializer = [...leaves].flatMap((leaf) => (feeds.has(leaf) ? [] : (view.initializer(leaf) ?? [])));
  const missing = [...leaves].find((leaf) => !feeds.has(leaf) && view.initializer(leaf) === undefined);
  if (missing !== undefined) refuse(`"${name}" must not depend on "${missing}"`);
  const graph: GraphProto = {
    ...view.graph,
    node: nodes.map((node) => (isPlainDomain(node) ? { ...node, domain: "" } : node)),
    input: given.map((leaf) => valueInfo({ name: leaf, type: feeds.get(leaf)!.type, dims: undefined })),
    output: [valueInfo({ name, type: undefined, dims: undefined })],
    initializer,
    valueInfo: [],
  };
  const inputs = Object.fromEntries(given.map((leaf) => [leaf, feeds.get(leaf)!]));
  return evaluate({ ...view.model, graph }, inputs)[name]!;
};

/** How many past and new tokens a graph is tried with. */
export type Trial = { readonly pastLen: number; readonly queryLen: number };

/** The graph's inputs for one prompt without padding; caches are empty of numbers and as narrow as can be. */
export const trialInputs = (view: GraphView, { pastLen, queryLen }: Trial): Map<string, NdArray> => {
  const tokens = Array.from({ length: queryLen }, (_, c) => c);
  return new Map(
    [...view.inputs.values()].flatMap(({ name, type = "float32", dims }) => {
      const array = (sizes: readonly number[], data: readonly number[]) => [
        [name, ndArray(type, sizes, data)] as const,
      ];
      if (name === "attention_mask")
        return array(
          [1, pastLen + queryLen],
          Array.from({ length: pastLen + queryLen }, () => 1),
        );
      if (name === "position_ids")
        return array(
          [1, queryLen],
          tokens.map((c) => pastLen + c),
        );
      if (dims?.length === 2)
        return array(
          [1, queryLen],
          tokens.map(() => 0),
        );
      if (dims?.length === 4)
        return array(
          [1, 1, pastLen, 1],
          Array.from({ length: pastLen }, () => 0),
        );
      return [];
    }),
  );
};

/** Numbers without a pattern, between -1 and 1. */
export const noise = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin((i + 1) * 12.9898 + seed * 78.233));
