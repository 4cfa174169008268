/**
 * A decoder of one layer of attention and nothing else: queries, keys and values are looked up by token. The cost of a step is the
 * cost of attention and its cache.
 */
import type { ContextExtension } from "@ropewalk/context-extension";
import { decoderGraph, embedding, extendDecoder, headsOfJoined, type Decoder } from "@ropewalk/decoder";
import { encode } from "@ropewalk/graph";
import type { Backend } from "@ropewalk/backend";
import { noise } from "@ropewalk/testing/numbers/noise";
import type { Runnable } from "../measuring/filled-cache.ts";

export type LayerSize = { readonly numHeads: number; readonly numKvHeads: number; readonly headDim: number };

const vocabSize = 64;
const table = "projections";

const decoderOf = ({ numHeads, numKvHeads, headDim }: LayerSize, trainedContext: number): Decoder => {
  const hiddenDim = (numHeads + 2 * numKvHeads) * headDim;
  return {
    family: "attention-layer",
    vocabSize: 1,
    hiddenDim,
    feedForwardDim: 1,
    numLayers: 1,
    numHeads,
    numKvHeads,
    headDim,
    trainedContext,
    rope: { theta: 10_000, rotaryDim: headDim, layout: "halves", scaling: { kind: "default" } },
    slidingWindow: undefined,
    tensors: { [table]: [vocabSize, hiddenDim] },
    projections: [],
    embedding: table,
    unembedding: table,
    embed: (builder, ids) => embedding(builder, { weight: table }, ids),
    layer: (builder, _, hidden, attend) => attend(headsOfJoined(builder, { numHeads, numKvHeads, headDim }, hidden)),
    unembed: ({ tape }, hidden) => tape.op("ReduceSum", [hidden, tape.constant("int64", [1], [1])], { keepdims: 1 }),
  };
};

/** Loads the decoder of one layer. */
export const attentionLayer = async (
  backend: Backend,
  size: LayerSize,
  trainedContext: number,
  extension: ContextExtension,
): Promise<Runnable> => {
  const extended = extendDecoder(decoderOf(size, trainedContext), extension);
  const { hiddenDim } = extended.decoder;
  const data = new Uint8Array(noise(vocabSize * hiddenDim).buffer);
  const graph = decoderGraph(extended, {
    locate: () => ({ location: table, offset: 0, length: data.length, type: "float32" }),
  });
  const session = await backend.createSession(encode(graph), [{ kind: "bytes", file: table, data }]);
  return { backend, extended, session };
};
