/**
 * Sums that a norm reads, in one node with the norm:
 *
 *   h = a + b,   n = w h / sqrt(mean(h²) + ε)     ->     (n, h) = SkipSimplifiedLayerNormalization(a, b, w)
 *
 * The sum is still there for the layer's next addition. In a step of few tokens the time goes into starting nodes, and this is two nodes
 * less in a layer; in a long chunk the sum is read once less.
 */
import { node as newNode, namesRead, type GraphProto, type Value } from "@ropewalk/graph";

type Node = GraphProto["node"][number];

const epsilonOf = ({ attribute }: Node): number => attribute.find(({ name }) => name === "epsilon")!.f!;

const isOwn = ({ domain, opType }: Node, asked: string): boolean => domain === "" && opType === asked;

/**
 * @param valueOf - the value of a name, with its shape, as it was recorded
 */
export const fuseSkipNorms = (graph: GraphProto, valueOf: (name: string) => Value | undefined): GraphProto => {
  const makers = new Map(graph.node.map((node, at) => [node.output[0]!, at] as const));
  const outputs = new Set(graph.output.map(({ name }) => name));
  /** Rows of one width on both sides: a bias, which is added to every row, has one axis. */
  const addsRows = ({ input }: Node): boolean => {
    const [a, b] = input.map((name) => valueOf(name)?.dims);
    return a?.length === 2 && b?.length === 2 && a[0] === b[0] && typeof a[1] === "number" && a[1] === b[1];
  };
  const fused = new Map<number, Node>();
  const gone = new Set<number>();
  graph.node.forEach((norm, at) => {
    if (!isOwn(norm, "SimplifiedLayerNormalization") || norm.output.length !== 1) return;
    const [sum, weight] = norm.input as [string, string];
    const from = makers.get(sum);
    if (from === undefined || gone.has(from) || outputs.has(sum)) return;
    const add = graph.node[from]!;
    const readBetween = graph.node.slice(from + 1, at).some((node) => namesRead(node).includes(sum));
    if (!isOwn(add, "Add") || !addsRows(add) || readBetween) return;
    gone.add(from);
    fused.set(
      at,
      newNode(
        "SkipSimplifiedLayerNormalization",
        [...add.input, weight],
        [norm.output[0]!, "", "", sum],
        { epsilon: { float: epsilonOf(norm) } },
        { domain: "com.microsoft", name: `${norm.name}/Skip` },
      ),
    );
  });
  return { ...graph, node: graph.node.flatMap((node, at) => (gone.has(at) ? [] : [fused.get(at) ?? node])) };
};
