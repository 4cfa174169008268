/** A view of an export's graph. Beyond the maker and the takers of a value, it runs parts of the graph, within a budget. */
import { graphView, sortNodes, type Budget, type GraphView, type ModelProto, type NodeProto } from "@ropewalk/graph";

export type ExportView = GraphView & {
  readonly model: ModelProto;
  /** The given nodes, each behind those that it needs. */
  readonly sorted: (nodes: Iterable<NodeProto>) => readonly NodeProto[];
  /** Computes something once for all layers that ask for it by the same key. */
  readonly once: <T>(key: string, compute: () => T) => T;
  /** How much running parts of the graph may still cost: a few bytes of a file can ask for any size and any number of steps. */
  readonly budget: Budget;
};

const defaultBudget = (): Budget => ({ maxElements: 2 ** 22, work: 2 ** 25 });

export const viewExport = (model: ModelProto, budget: Budget = defaultBudget()): ExportView => {
  const graph = model.graph!;
  const computed = new Map<string, unknown>();
  const once = <T>(key: string, compute: () => T): T => {
    if (!computed.has(key)) computed.set(key, compute());
    return computed.get(key) as T;
  };
  const placesOf = (): ReadonlyMap<NodeProto, number> =>
    new Map(sortNodes(graph.node).map((node, place) => [node, place]));
  return {
    ...graphView(graph),
    model,
    sorted: (nodes) => {
      const places = once("order of nodes", placesOf);
      return [...nodes].sort((a, b) => places.get(a)! - places.get(b)!);
    },
    once,
    budget,
  };
};
