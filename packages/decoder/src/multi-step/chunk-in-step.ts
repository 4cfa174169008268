/** A chunk's graph as part of the Loop's body: its outputs, its names, and the place of its initializers. */
import { innerGraphs, mapInnerGraphs, type GraphProto } from "@ropewalk/graph";
import { decoderOutputs } from "../graph-interface.ts";

/** A chunk's graph without the likeliest tokens: a step picks its token itself. */
export const chunkOfStep = (chunk: GraphProto): GraphProto => ({
  ...chunk,
  node: chunk.node.filter(({ output }) => !output.includes(decoderOutputs.likeliest)),
  output: chunk.output.filter(({ name }) => name !== decoderOutputs.likeliest),
});

/** Renames the values of a chunk's graph for the Loop's body. Weights keep their names; all others get a prefix of their own. */
export const namesInStep = (chunk: GraphProto, kept: readonly string[]): ((name: string) => string) => {
  const inFiles = chunk.initializer.filter(({ externalData }) => externalData.length > 0);
  const weights = new Set(inFiles.map(({ name }) => name));
  const fresh = new Set(kept);
  return (name) => {
    if (weights.has(name)) return name;
    return fresh.has(name) ? `/fresh/${name}` : `/step/${name.replace(/^\//, "")}`;
  };
};

/**
 * The graph with the chunk's initializers after the others, and with packed matrices in the Loop's body. ONNX Runtime looks for a
 * packed matrix only in the graph of the node that reads it, and fails if it is elsewhere.
 */
export const placeInitializers = (graph: GraphProto, ofChunk: ReadonlySet<string>): GraphProto => {
  const bodies = graph.node.filter(({ opType }) => opType === "Loop").flatMap(innerGraphs);
  const readers = bodies.flatMap(({ node }) => node.filter(({ opType }) => opType === "DequantizeLinear"));
  const packed = new Set(readers.flatMap(({ input }) => input));
  const own = graph.initializer.filter(({ name }) => !ofChunk.has(name));
  const chunks = graph.initializer.filter(({ name }) => ofChunk.has(name));
  const withPacked = (body: GraphProto): GraphProto => ({
    ...body,
    initializer: [...body.initializer, ...chunks.filter(({ name }) => packed.has(name))],
  });
  return {
    ...graph,
    node: graph.node.map((node) => (node.opType === "Loop" ? mapInnerGraphs(withPacked, node) : node)),
    initializer: [...own, ...chunks.filter(({ name }) => !packed.has(name))],
  };
};
