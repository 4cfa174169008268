/**
 * Puts a chunk's graph into the body of a recorded Loop: its nodes under names of their own, values of the body in place of its inputs,
 * and its outputs cut open where the body has its way with them.
 *
 *     maker -> new keys -> attention     becomes     maker -> fresh -> what the body does -> written -> attention
 */
import { innerGraphs, type GraphProto, type NodeProto, type Value } from "@ropewalk/graph";

/** An output of the chunk. */
export type Cut = {
  /** What its maker makes from now on; recorded as an input of the graph, for nothing made it yet. */
  readonly fresh: Value;
  /** What its takers take from now on. */
  readonly written: Value;
};

export type Joints = {
  /** What stands in place of an input, by the input's name. */
  readonly inputs: ReadonlyMap<string, Value>;
  /** By the output's name. Other outputs are left out. */
  readonly cuts: ReadonlyMap<string, Cut>;
};

/** No other recording has names that begin like this. */
const own = (name: string): string => (name === "" ? "" : `/step/${name.replace(/^\//, "")}`);

/** Renames nodes, and those of the graphs inside them; changes them. `weights` keep their names. */
const rename = (nodes: readonly NodeProto[], { inputs, cuts }: Joints, weights: ReadonlySet<string>): void => {
  const taken = (name: string): string =>
    inputs.get(name)?.name ?? cuts.get(name)?.written.name ?? (weights.has(name) ? name : own(name));
  const made = (name: string): string => cuts.get(name)?.fresh.name ?? own(name);
  const renameNodes = (all: readonly NodeProto[]): void => {
    for (const node of all) {
      node.name = own(node.name);
      node.input = node.input.map(taken);
      node.output = node.output.map(made);
      for (const inner of innerGraphs(node)) renameInner(inner);
    }
  };
  const renameInner = ({ node, input, output, initializer, valueInfo }: GraphProto): void => {
    renameNodes(node);
    for (const each of [...input, ...initializer, ...valueInfo]) each.name = own(each.name);
    // A graph inside may give out what was made around it.
    for (const each of output) each.name = taken(each.name);
  };
  renameNodes(nodes);
};

/** The body's nodes and the chunk's: what waits for a cut behind it, all else that needs one behind everything. */
const interleave = (
  body: readonly NodeProto[],
  chunk: readonly NodeProto[],
  cuts: readonly Cut[],
): readonly NodeProto[] => {
  const makerOf = new Map(body.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const writers = new Map(cuts.map(({ fresh, written }) => [fresh.name, makerOf.get(written.name)]));
  const writes = new Set(writers.values());
  const first = body.findIndex(({ input }) => input.some((name) => writers.has(name)));
  return [
    ...body.slice(0, first),
    ...chunk.flatMap((node) => [node, ...node.output.flatMap((name) => writers.get(name) ?? [])]),
    ...body.slice(first).filter((node) => !writes.has(node)),
  ];
};

/** Changes both graphs: the chunk's is taken apart. */
export const putChunk = ({ inputs, cuts }: Joints, chunk: GraphProto, graph: GraphProto): void => {
  const loop = graph.node.find(({ opType }) => opType === "Loop")!;
  const body = loop.attribute.find(({ name }) => name === "body")!.g!;
  const inFiles = chunk.initializer.filter(({ externalData }) => externalData.length > 0);
  const weights = new Set(inFiles.map(({ name }) => name));
  const leftOut = new Set(chunk.output.flatMap(({ name }) => (cuts.has(name) ? [] : [name])));
  const nodes = chunk.node.filter(({ output }) => !output.some((name) => leftOut.has(name)));
  rename(nodes, { inputs, cuts }, weights);
  for (const tensor of chunk.initializer) if (!weights.has(tensor.name)) tensor.name = own(tensor.name);

  body.node = [...interleave(body.node, nodes, [...cuts.values()])];
  const standIns = new Set(Array.from(cuts.values(), ({ fresh }) => fresh.name));
  graph.input = graph.input.filter(({ name }) => !standIns.has(name));
  // ONNX Runtime looks for matrices that it reads as they are packed in their node's own graph alone, and fails without.
  const packed = new Set(nodes.flatMap(({ opType, input }) => (opType === "DequantizeLinear" ? input : [])));
  body.initializer.push(...chunk.initializer.filter(({ name }) => packed.has(name)));
  graph.initializer.push(...chunk.initializer.filter(({ name }) => !packed.has(name)));
};
