/**
 * Cuts a graph at some of its nodes, into segments that a runtime can run. Segment k is run before the cut nodes of step k, and these before
 * segment k + 1.
 *
 *   step of a value           after how many steps of cut nodes it can be known
 *   segment of a node         the first in which a value of it is read: a node is run as late as it can be, so few values pass a cut
 *   nodes of constants alone  are in every segment that reads them, where the runtime computes them once, when it loads
 */
import { graphView, namesRead, withGraph, type GraphProto, type ModelProto, type NodeProto } from "@ropewalk/graph";

/** The values that a segment or a cut node reads and gives, by name. */
export type Step = { readonly reads: readonly string[]; readonly gives: readonly string[] };

export type Segment = Step & { readonly kind: "segment"; readonly model: ModelProto };
export type CutNode = Step & { readonly kind: "node"; readonly node: NodeProto };

type GraphValues = { readonly info: (name: string) => GraphProto["input"][number] };

/** What is declared of a value that passes a cut. @throws RangeError for a value of which the graph states no type */
const declarations = ({ input, output, valueInfo }: GraphProto): GraphValues => {
  const known = new Map([...valueInfo, ...output, ...input].map((info) => [info.name, info]));
  return {
    info: (name) => {
      const found = known.get(name);
      if (found === undefined)
        throw new RangeError(`cutModel: the type of ${name} must be stated, for it passes a cut`);
      return found;
    },
  };
};

/** For each node that is not cut, its segment; undefined for a node of constants alone. */
const segmentsOf = (graph: GraphProto, isCut: (node: NodeProto) => boolean): readonly (number | undefined)[] => {
  const { inputs, outputs } = graphView(graph);
  // Nodes are in an order in which each follows those that it reads.
  const known = new Map<string, number>([...inputs.keys()].map((name) => [name, 0]));
  const least = graph.node.map((node) => {
    const steps = namesRead(node).flatMap((name) => known.get(name) ?? []);
    if (steps.length === 0) return undefined;
    const step = Math.max(...steps);
    for (const name of node.output) known.set(name, isCut(node) ? step + 1 : step);
    return step;
  });
  const latest = new Map<string, number>();
  const segments = [...least];
  for (let at = graph.node.length - 1; at >= 0; at--) {
    const node = graph.node[at]!;
    const first = least[at];
    if (first === undefined) continue;
    const wanted = node.output.flatMap((name) => [
      ...(latest.has(name) ? [latest.get(name)!] : []),
      ...(outputs.has(name) ? [first] : []),
    ]);
    const segment = isCut(node) || wanted.length === 0 ? first : Math.min(...wanted);
    segments[at] = segment;
    for (const name of namesRead(node)) latest.set(name, Math.min(segment, latest.get(name) ?? Infinity));
  }
  return segments;
};

/** The nodes of constants alone and the initializers that lead to some values, each node after those that it reads. */
type Constants = { readonly nodes: readonly NodeProto[]; readonly initializers: GraphProto["initializer"] };

const constantsOf = (
  nodes: readonly NodeProto[],
  initializers: GraphProto["initializer"],
): ((names: readonly string[]) => Constants) => {
  const makers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const tensors = new Map(initializers.map((tensor) => [tensor.name, tensor]));
  return (names) => {
    const seen = new Set<string>();
    const found = { nodes: new Set<NodeProto>(), initializers: [] as GraphProto["initializer"] };
    const visit = (name: string): void => {
      if (name === "" || seen.has(name)) return;
      seen.add(name);
      const [maker, tensor] = [makers.get(name), tensors.get(name)];
      if (tensor) found.initializers.push(tensor);
      if (maker) {
        namesRead(maker).forEach(visit);
        found.nodes.add(maker);
      }
    };
    names.forEach(visit);
    return { nodes: [...found.nodes], initializers: found.initializers };
  };
};

/** What is run at one step. */
type Place = { readonly own: NodeProto[]; readonly cut: NodeProto[] };

/**
 * The segments and the cut nodes, in the order in which they are run.
 *
 * @param isCut - whether the graph is cut at a node, which the runtime does not run
 * @throws RangeError when the graph does not state the type of a value that passes a cut
 */
export const cutModel = (model: ModelProto, isCut: (node: NodeProto) => boolean): readonly (Segment | CutNode)[] => {
  const graph = model.graph!;
  const { outputs } = graphView(graph);
  const { info } = declarations(graph);
  const segments = segmentsOf(graph, isCut);
  const count = Math.max(...segments.map((segment) => segment ?? 0)) + 1;
  const places = Array.from({ length: count }, (): Place => ({ own: [], cut: [] }));
  const constantNodes: NodeProto[] = [];
  /** Who reads a value: segments by their numbers, and cut nodes. */
  const readers = new Map<string, Set<number | "cut">>();
  graph.node.forEach((node, at) => {
    const segment = segments[at];
    if (segment === undefined) return void constantNodes.push(node);
    const cut = isCut(node);
    places[segment]![cut ? "cut" : "own"].push(node);
    for (const name of namesRead(node)) readers.set(name, (readers.get(name) ?? new Set()).add(cut ? "cut" : segment));
  });
  const constantsBehind = constantsOf(constantNodes, graph.initializer);
  const cutDomains = new Set(places.flatMap(({ cut }) => cut.map(({ domain }) => domain)));
  const opsetImport = model.opsetImport.filter(({ domain }) => !cutDomains.has(domain ?? ""));
  const segment = (own: readonly NodeProto[], place: number): Segment => {
    const made = new Set(own.flatMap(({ output }) => output));
    const gives = [...made].filter(
      (name) => outputs.has(name) || [...(readers.get(name) ?? [])].some((reader) => reader !== place),
    );
    const read = [...new Set(own.flatMap(namesRead))];
    const constants = constantsBehind(read);
    const inside = new Set([
      ...made,
      ...constants.nodes.flatMap(({ output }) => output),
      ...constants.initializers.map(({ name }) => name),
    ]);
    const reads = read.filter((name) => name !== "" && !inside.has(name));
    const cut = {
      ...graph,
      node: [...constants.nodes, ...own],
      initializer: constants.initializers,
      input: reads.map(info),
      output: gives.map(info),
      valueInfo: [],
    };
    return { kind: "segment", reads, gives, model: withGraph(cut, { ...model, opsetImport }) };
  };
  const cutNode = (node: NodeProto): CutNode => ({ kind: "node", node, reads: node.input, gives: node.output });
  return places.flatMap(({ own, cut }, place) => [
    ...(own.length > 0 ? [segment(own, place)] : []),
    ...cut.map(cutNode),
  ]);
};
