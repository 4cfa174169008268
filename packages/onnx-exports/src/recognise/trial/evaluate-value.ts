/**
 * Computes a value of the graph for given inputs by the graph's own nodes. So a part of a graph can be understood by its results,
 * whatever operators it is written in.
 */
import {
  evaluate,
  namesRead,
  ndArray,
  valueInfo,
  type GraphProto,
  type NdArray,
  type NodeProto,
} from "@ropewalk/graph";
import { refuse } from "../../errors.ts";
import { describeNode } from "../../graph/describe-node.ts";
import type { ExportView } from "../../graph/export-view.ts";

/** Given values by their names, or functions that make them on demand. Nodes that lead to given values are not run. */
export type Feeds = ReadonlyMap<string, NdArray | (() => NdArray)>;

/** The nodes that lead to a value from given ones, in an order to run them, and the names of the values that they begin with. */
const nodesTo = (view: ExportView, name: string, feeds: Feeds) => {
  const nodes = new Set<NodeProto>();
  const leaves = new Set<string>();
  const stack = [name];
  while (stack.length > 0) {
    const at = stack.pop()!;
    const node = feeds.has(at) ? undefined : view.maker(at);
    if (at === "" || (node && nodes.has(node))) continue;
    if (node === undefined) leaves.add(at);
    else {
      nodes.add(node);
      for (const needed of namesRead(node)) stack.push(needed);
    }
  }
  return { nodes: view.sorted(nodes), leaves };
};

/**
 * The value `name` for `feeds`, in float64.
 *
 * @throws RangeError when it depends on a value that is not given or on an unknown operator, or when it takes more than the view's
 *   budget
 */
export const evaluateValue = (view: ExportView, name: string, feeds: Feeds): NdArray => {
  const { nodes, leaves } = nodesTo(view, name, feeds);
  const given = [...leaves].filter((leaf) => feeds.has(leaf));
  const initializer = [...leaves].flatMap((leaf) => (feeds.has(leaf) ? [] : (view.initializer(leaf) ?? [])));
  const missing = [...leaves].find((leaf) => !feeds.has(leaf) && view.initializer(leaf) === undefined);
  if (missing !== undefined) refuse(`"${name}" must not depend on "${missing}"`);
  const inputs = Object.fromEntries(
    given.map((leaf) => {
      const feed = feeds.get(leaf)!;
      return [leaf, typeof feed === "function" ? feed() : feed];
    }),
  );
  const graph: GraphProto = {
    ...view.graph,
    node: [...nodes],
    input: given.map((leaf) => valueInfo({ name: leaf, type: inputs[leaf]!.type, dims: undefined })),
    output: [valueInfo({ name, type: undefined, dims: undefined })],
    initializer,
    valueInfo: [],
  };
  return evaluate({ ...view.model, graph }, inputs, view.budget)[name]!;
};

/** The value `name` for `feeds`, in float64. If it cannot be computed, the error names the node. */
export const evaluateFor = (
  view: ExportView,
  { node, name, what }: { readonly node: NodeProto; readonly name: string; readonly what: string },
  feeds: Feeds,
): NdArray => {
  try {
    return evaluateValue(view, name, feeds);
  } catch (cause) {
    return refuse(`${describeNode(node)}: ${what} "${name}" is not understood (${(cause as Error).message})`);
  }
};

/** The number of past and of new tokens that a graph is run with. */
export type Trial = { readonly pastLen: number; readonly queryLen: number };

/** The graph's inputs for one prompt without padding. Caches hold zeros, and are one head of one dimension. */
export const trialInputs = (view: ExportView, { pastLen, queryLen }: Trial): Map<string, NdArray | (() => NdArray)> => {
  const totalLen = pastLen + queryLen;
  const fill = (name: string, rank: number | undefined): readonly [number[], (at: number) => number] | undefined => {
    if (name === "attention_mask") return [[1, totalLen], () => 1];
    if (name === "position_ids") return [[1, queryLen], (at) => pastLen + at];
    if (rank === 2) return [[1, queryLen], () => 0];
    return rank === 4 ? [[1, 1, pastLen, 1], () => 0] : undefined;
  };
  return new Map(
    [...view.inputs.values()].flatMap(({ name, type = "float32", dims }) => {
      const filled = fill(name, dims?.length);
      if (filled === undefined) return [];
      const [sizes, element] = filled;
      const length = sizes.reduce((product, size) => product * size, 1);
      return [
        [
          name,
          () =>
            ndArray(
              type,
              sizes,
              Float64Array.from({ length }, (_, at) => element(at)),
            ),
        ] as const,
      ];
    }),
  );
};

/** Numbers without a pattern, between -1 and 1. */
export const noise = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin((i + 1) * 12.9898 + seed * 78.233));
