/** How widely a model's queries look, by layer and position: what the paper of Entropy-ABF looks at before and after. */
import { float32, type Backend, type HostTensor } from "@ropewalk/backend";
import { check } from "@ropewalk/check";
import { decoderInputs } from "@ropewalk/decoder";
import { entropyGraph, trainingNumbers, trainingOutputs } from "@ropewalk/decoder/training";
import { needCheckpoint, type LanguageModel } from "@ropewalk/generation";
import { encode } from "@ropewalk/graph";
import { checkTokens } from "./check-tokens.ts";
import { readParameters } from "./parameters.ts";

/**
 * The entropy of attention in nats, its mean over heads and samples: a row a layer, a number a position.
 *
 * @param samples - texts as tokens, all of one length
 * @throws TypeError for an ONNX export; RangeError for samples that differ in length, tokens outside the vocabulary, and weights in
 *   blocks of a few bits
 */
export const attentionEntropy = async (
  model: Pick<LanguageModel, "backend" | "source" | "extended">,
  samples: readonly (readonly number[])[],
): Promise<readonly Float64Array[]> => {
  const where = "attentionEntropy";
  const checkpoint = needCheckpoint(where, model.source);
  const { decoder } = checkpoint;
  check(samples.length > 0, `${where}: samples must be at least one, of at least one token`, samples.length);
  for (const [at, ids] of samples.entries())
    check(ids?.length > 0, `${where}: samples[${at}] must be token ids, at least one`, ids, "object");
  const seqLen = samples[0]!.length;
  for (const [at, { length }] of samples.entries())
    check(length === seqLen, `${where}: samples[${at}] must have ${seqLen} tokens, as the first`, length);
  checkTokens(
    where,
    "samples",
    samples.map((ids) => ({ ids })),
    decoder.vocabSize,
  );
  const backend: Backend = model.backend;
  const extended = { ...model.extended, decoder };
  const graph = entropyGraph(extended, { batchSize: 1, seqLen });
  const read = new Set(graph.graph!.input.map(({ name }) => name));
  const session = await backend.createSession(encode(graph));
  try {
    // What reads the last states out is no part of the graph.
    const all = Object.entries(await readParameters(checkpoint));
    const weights = all.filter(([name]) => read.has(name));
    const feeds: Record<string, HostTensor> = Object.fromEntries(
      [...weights, ...Object.entries(trainingNumbers(extended, seqLen))].map(([name, { dims, data }]) => [
        name,
        float32(dims, data),
      ]),
    );
    const sums = Array.from({ length: decoder.numLayers }, () => new Float64Array(seqLen));
    for (const ids of samples) {
      const tokens: HostTensor = {
        ...{ place: "host", type: "int64", dims: [seqLen] },
        data: BigInt64Array.from(ids, BigInt),
      };
      const results = await session.run({ ...feeds, [decoderInputs.ids]: tokens }, { read: [trainingOutputs.entropy] });
      const found = (results[trainingOutputs.entropy] as HostTensor).data as Float32Array;
      for (const [layer, sum] of sums.entries())
        for (let i = 0; i < seqLen; i++) sum[i]! += found[layer * seqLen + i]! / samples.length;
    }
    return sums;
  } finally {
    await session.release();
  }
};
