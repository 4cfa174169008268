/** How a block picks tokens, against `sample`: a decoder whose logits are looked up, with many equals among them. */
import { decoderGraph, multiStepGraph, embedding, extendDecoder, headsOfJoined, type Decoder } from "@ropewalk/decoder";
import { encode } from "@ropewalk/graph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCache, releaseCache, runMultiStep, sample, startSampling, type Sampling } from "../../src/index.ts";
import { backends } from "../backends.ts";

const vocabSize = 24;

/** Halves from -3 to 3: of 24 logits several are equal, the largest among them. */
const table = Float32Array.from({ length: vocabSize * vocabSize }, (_, at) => Math.round(6 * Math.sin(at * at)) / 2);

const lookedUp: Decoder = {
  family: "looked up",
  vocabSize,
  hiddenDim: vocabSize,
  feedForwardDim: vocabSize,
  numLayers: 1,
  numHeads: 1,
  numKvHeads: 1,
  headDim: 8,
  trainedContext: 4096,
  slidingWindow: undefined,
  rope: { theta: 10_000, rotaryDim: 8, layout: "halves", scaling: { kind: "default" } },
  tensors: { table: [vocabSize, vocabSize] },
  projections: [],
  embedding: "table",
  unembedding: "table",
  embed: (builder, ids) => embedding(builder, { weight: "table" }, ids),
  layer: (builder, _, hidden, attend) => {
    attend(headsOfJoined(builder, { numHeads: 1, numKvHeads: 1, headDim: 8 }, hidden));
    return hidden;
  },
  unembed: (_, hidden) => hidden,
};

const location = { location: "table", offset: 0, length: table.byteLength, type: "float32" } as const;
const data = new Uint8Array(table.buffer);

const samplings: fc.Arbitrary<Sampling> = fc.record(
  {
    kind: fc.constant("sample" as const),
    temperature: fc.constantFrom(0.3, 0.8, 1, 2.5),
    topK: fc.integer({ min: 1, max: vocabSize + 3 }),
    topP: fc.constantFrom(0.05, 0.5, 0.9, 1),
    seed: fc.integer(),
  },
  { requiredKeys: ["kind", "temperature", "seed"] },
);

describe.each(backends)("a block on $name", (backend) => {
  const extended = extendDecoder(lookedUp, {});
  const source = { locate: () => location };
  const files = [{ kind: "bytes" as const, file: "table", data }];

  it("picks what sample picks from the same logits and the same seed", async () => {
    const session = await backend.createSession(encode(decoderGraph(extended, source)), files);
    const multiStepSession = await backend.createSession(
      encode(multiStepGraph(lookedUp, decoderGraph(extended, source))),
      files,
    );
    const check = async (sampling: Sampling, first: number): Promise<void> => {
      const steps = 60;
      const cache = createCache(backend, extended, { length: steps });
      const options = { sampling, state: startSampling(sampling), stopTokens: [], steps };
      const block = await runMultiStep({ session, multiStepSession }, cache, first, options);
      let [state, last] = [startSampling(sampling), first];
      const expected = block.tokens.map(() => {
        const sampled = sample(sampling, state, table.subarray(last * vocabSize, (last + 1) * vocabSize));
        [state, last] = [sampled.state, sampled.token];
        return last;
      });
      expect(block.tokens).toEqual(expected);
      expect(block.tokens).toHaveLength(steps);
      expect(block.state).toEqual(state);
      releaseCache(block.cache);
    };
    for (let first = 0; first < vocabSize; first++) await check({ kind: "greedy" }, first);
    await fc.assert(fc.asyncProperty(samplings, fc.nat(vocabSize - 1), check), {
      numRuns: backend.name === "cpu" ? 100 : 30,
    });
    await multiStepSession.release();
    await session.release();
  });
});
