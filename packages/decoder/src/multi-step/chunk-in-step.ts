/** A chunk's graph as the body of the Loop runs it: which of its outputs stay, how its names begin, and where its weights lie. */
import { innerGraphs, mapInnerGraphs, type GraphProto } from "@ropewalk/graph";
import { decoderOutputs } from "../graph-interface.ts";

/** What a chunk's graph is in a step: without the likeliest tokens, since a step picks its token itself. */
export const chunkOfStep = (chunk: GraphProto): GraphProto => ({
  ...chunk,
  node: chunk.node.filter(({ output }) => !output.includes(decoderOutputs.likeliest)),
  output: chunk.output.filter(({ name }) => name !== decoderOutputs.likeliest),
});

/** The names that a chunk's graph has in a step. Weights keep theirs, and no other recording has names that begin like the rest. */
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
 * The chunk's initializers behind the others, and packed matrices in the Loop's body: ONNX Runtime looks for matrices that it reads as
 * they are packed in their node's own graph alone, and fails without.
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
