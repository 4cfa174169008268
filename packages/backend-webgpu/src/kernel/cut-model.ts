/**
 * Cuts a graph at some of its nodes, into segments that a runtime can run. Segment k is run before the cut nodes of step k, and these before
 * segment k + 1.
 *
 *   step of a value           after how many steps of cut nodes it can be known
 *   segment of a node         the first in which a value of it is read: a node is run as late as it can be, so few values pass a cut
 *   nodes of constants alone  are in every segment that reads them, where the runtime computes them once, when it loads
 */
import {
  graphView,
  namesRead,
  neededNames,
  withGraph,
  type GraphProto,
  type ModelProto,
  type NodeProto,
} from "@ropewalk/graph";

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

/**
 * The segments and the cut nodes, in the order in which they are run.
 *
 * @param isCut - whether the graph is cut at a node, which the runtime does not run
 * @throws RangeError when the graph does not state the type of a value that passes a cut
 */
export const cutModel = (model: ModelProto, isCut: (node: NodeProto) => boolean): readonly (Segment | CutNode)[] => {
  const graph = model.graph!;
  const view = graphView(graph);
  const { info } = declarations(graph);
  const segments = segmentsOf(graph, isCut);
  const isConstant = new Set(graph.node.flatMap(({ output }, at) => (segments[at] === undefined ? output : [])));
  /** Who reads a value: segments, and cut nodes under numbers that no segment has. */
  const readers = new Map<string, Set<number>>();
  graph.node.forEach((node, at) => {
    const segment = segments[at];
    if (segment === undefined) return;
    const place = isCut(node) ? at + graph.node.length : segment;
    for (const name of namesRead(node)) readers.set(name, (readers.get(name) ?? new Set()).add(place));
  });
  const count = Math.max(...segments.map((segment) => segment ?? 0)) + 1;
  const kept = (opsets: ModelProto["opsetImport"]) => {
    const cut = new Set(graph.node.filter(isCut).map(({ domain }) => domain));
    return opsets.filter(({ domain }) => !cut.has(domain ?? ""));
  };
  const segment = (place: number): Segment => {
    const own = graph.node.filter((node, at) => segments[at] === place && !isCut(node));
    const made = new Set(own.flatMap(({ output }) => output));
    const gives = [...made].filter(
      (name) => view.outputs.has(name) || [...(readers.get(name) ?? [])].some((reader) => reader !== place),
    );
    const constants = neededNames(
      graph.node.filter((_, at) => segments[at] === undefined),
      own.flatMap(namesRead),
    );
    const node = graph.node.filter(
      (each, at) =>
        own.includes(each) || (segments[at] === undefined && each.output.some((name) => constants.has(name))),
    );
    const initializer = graph.initializer.filter(({ name }) => constants.has(name));
    const inside = new Set([...made, ...isConstant, ...initializer.map(({ name }) => name)]);
    const reads = [...new Set(own.flatMap(namesRead))].filter((name) => name !== "" && !inside.has(name));
    const cut = {
      ...graph,
      node,
      initializer,
      input: reads.map(info),
      output: gives.map(info),
      valueInfo: [],
    };
    return { kind: "segment", reads, gives, model: withGraph(cut, { ...model, opsetImport: kept(model.opsetImport) }) };
  };
  const cutNode = (node: NodeProto): CutNode => ({ kind: "node", node, reads: node.input, gives: node.output });
  return Array.from({ length: count }, (_, place) => [
    ...(segments.some((each, at) => each === place && !isCut(graph.node[at]!)) ? [segment(place)] : []),
    ...graph.node.filter((node, at) => segments[at] === place && isCut(node)).map(cutNode),
  ]).flat();
};
