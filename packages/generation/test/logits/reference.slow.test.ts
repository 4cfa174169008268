/** Every mapping through cache, chunks and graph, against the primitives' plain loops put together by hand. */
import { bandedAttention, type AttentionBand } from "@ropewalk/attention-merge";
import {
  compose,
  entropyAbf,
  leakyReRope,
  logN,
  positionInterpolation,
  reRope,
  selfExtend,
  slidingWindow,
  withPositions,
  yarn,
  type ContextExtension,
} from "@ropewalk/context-extension";
import {
  decoderGraph,
  embedding,
  extendDecoder,
  headsOfRows,
  splitColumns,
  type Decoder,
  type ExtendedDecoder,
} from "@ropewalk/decoder";
import { queryScale } from "@ropewalk/entropy-scaling";
import { encode } from "@ropewalk/graph";
import { rotate, rotationTable, ropeFrequencies, type RotaryLayout } from "@ropewalk/rope";
import type { Band } from "@ropewalk/position-mapping";
import { covers } from "@ropewalk/position-mapping/bands";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCache, prefill } from "../../src/index.ts";
import { backends } from "../backends.ts";

type Shape = {
  readonly numKvHeads: number;
  readonly group: number;
  readonly headDim: number;
  readonly rotaryDim: number;
  readonly layout: RotaryLayout;
};

const vocabSize = 50;
const trainedContext = 64;

const table = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, index) => Math.sin(1 + index * 1.618) * 2);

/** A decoder that is one layer of attention over looked-up projections; its "logits" are what attention gives. */
const attentionOnly = ({ numKvHeads, group, headDim, rotaryDim, layout }: Shape): Decoder => {
  const numHeads = numKvHeads * group;
  const widths = [numHeads * headDim, numKvHeads * headDim, numKvHeads * headDim];
  const width = (numHeads + 2 * numKvHeads) * headDim;
  return {
    family: "attention",
    vocabSize: numHeads * headDim,
    hiddenDim: numHeads * headDim,
    feedForwardDim: 1,
    numLayers: 1,
    numHeads,
    numKvHeads,
    headDim,
    trainedContext,
    rope: { theta: 100, rotaryDim, layout, scaling: { kind: "default" } },
    slidingWindow: undefined,
    tensors: { table: [vocabSize, width] },
    projections: [],
    embedding: "table",
    unembedding: "table",
    embed: (builder, ids) => embedding(builder, { weight: "table" }, ids),
    layer: (builder, _, hidden, attend) => {
      const [query, key, value] = splitColumns(builder, widths, hidden);
      const rows = { query: query!, key: key!, value: value! };
      return attend(headsOfRows(builder, { numHeads, numKvHeads, headDim }, rows));
    },
    unembed: ({ tape }, hidden) => tape.op("Identity", [hidden]),
  };
};

type Heads = { readonly dims: readonly [number, number, number]; readonly data: Float32Array };

type Rotated = { readonly band: Band; readonly queries: Heads; readonly keys: Heads };

const attendedByDistance = (rotated: readonly Rotated[], values: Heads): Float32Array => {
  const bands = rotated.map(({ band: { from, to }, queries, keys }): AttentionBand => ({
    from: from!,
    to: to!,
    queries,
    keys,
  }));
  return bandedAttention({}, bands, values).out.data as Float32Array;
};

/** Bands of any other form, by plain loops over pairs. */
const attendedByPair = (rotated: readonly Rotated[], values: Heads): Float32Array => {
  const [numHeads, length, headDim] = rotated[0]!.queries.dims;
  const group = numHeads / values.dims[0];
  const out = new Float32Array(numHeads * length * headDim);
  for (let head = 0; head < numHeads; head++)
    for (let i = 0; i < length; i++) {
      const query = (head * length + i) * headDim;
      const keyOf = (j: number): number => (Math.floor(head / group) * length + j) * headDim;
      const weights = Array.from({ length: i + 1 }, (_, j) => {
        const found = rotated.find(({ band }) => covers(band, i, j));
        if (found === undefined) return 0;
        let score = 0;
        for (let d = 0; d < headDim; d++) score += found.queries.data[query + d]! * found.keys.data[keyOf(j) + d]!;
        return Math.exp(score / Math.sqrt(headDim));
      });
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (let d = 0; d < headDim; d++)
        out[query + d] = weights.reduce((sum, weight, j) => sum + (weight / total) * values.data[keyOf(j) + d]!, 0);
    }
  return out;
};

/** [tokens, numHeads * headDim], as the graph gives it, by the references alone. */
const expected = (
  { decoder, positions, scaling, entropy }: ExtendedDecoder<Decoder>,
  ids: readonly number[],
): Float32Array => {
  const { numHeads, numKvHeads, headDim, rope } = decoder;
  const width = decoder.tensors["table"]![1]!;
  const rows = table(vocabSize * width);
  const part = (from: number, heads: number, scale: (token: number) => number): Float32Array => {
    const data = new Float32Array(heads * ids.length * headDim);
    ids.forEach((id, token) => {
      for (let head = 0; head < heads; head++)
        for (let d = 0; d < headDim; d++)
          data[(head * ids.length + token) * headDim + d] =
            rows[id * width + from + head * headDim + d]! * scale(token);
    });
    return data;
  };
  const one = (): number => 1;
  const query = part(0, numHeads, (position) => (entropy ? queryScale(entropy, { layer: 0, position }) : 1));
  const key = part(numHeads * headDim, numKvHeads, one);
  const values = part((numHeads + numKvHeads) * headDim, numKvHeads, one);
  const frequencies = ropeFrequencies({ rotaryDim: rope.rotaryDim, theta: rope.theta, scaling, seqLen: ids.length });
  const turned = (data: Float32Array, heads: number, position: (token: number) => number): Heads => ({
    dims: [heads, ids.length, headDim],
    data: rotate(
      { layout: rope.layout, rotaryDim: rope.rotaryDim },
      { dims: [1, heads, ids.length, headDim], data },
      rotationTable(
        frequencies,
        ids.map((_, token) => position(token)),
      ),
    ).data,
  });
  const rotated = positions.bands.map((band): Rotated => ({
    band,
    queries: turned(query, numHeads, band.query),
    keys: turned(key, numKvHeads, band.key),
  }));
  const byDistance = positions.bands.every(
    ({ covers: rule, chunkLen }) => rule === undefined && chunkLen === undefined,
  );
  const attend = byDistance ? attendedByDistance : attendedByPair;
  const out = attend(rotated, { dims: [numKvHeads, ids.length, headDim], data: values });
  const byToken = new Float32Array(out.length);
  for (let head = 0; head < numHeads; head++)
    for (let token = 0; token < ids.length; token++) {
      const at = (head * ids.length + token) * headDim;
      byToken.set(out.subarray(at, at + headDim), (token * numHeads + head) * headDim);
    }
  return byToken;
};

const window = fc.integer({ min: 1, max: trainedContext });

const dualChunk = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 30 }))
  .map(([chunkLen, localSize]) => withPositions({ kind: "dual-chunk", chunkSize: chunkLen + localSize, localSize }));

/** As often as all of one band: it has the most parts. */
const dualChunks = [dualChunk, dualChunk];

const extensions: fc.Arbitrary<ContextExtension> = fc
  .record({
    positions: fc.oneof(
      fc.constant<ContextExtension>({}),
      fc.tuple(window, fc.integer({ min: 1, max: 12 })).map(([w, groupSize]) => selfExtend({ groupSize, window: w })),
      window.map((w) => reRope({ window: w })),
      fc.tuple(window, fc.constantFrom(1.5, 2, 7)).map(([w, factor]) => leakyReRope({ factor, window: w })),
      window.map((w) => slidingWindow({ window: w })),
      fc.tuple(window, window).map(([a, b]) => {
        const [shiftFrom, w] = [Math.max(a, b), Math.min(a, b)];
        return withPositions({ kind: "string", shiftFrom, window: w });
      }),
      ...dualChunks,
      fc
        .tuple(window, fc.integer({ min: 1, max: 9 }))
        .map(([w, sinks]) => withPositions({ kind: "sinks", sinks, window: w })),
    ),
    scales: fc.constantFrom<ContextExtension>(
      {},
      logN({ trainedContext: 8 }),
      positionInterpolation({ factor: 4 }),
      yarn({ factor: 4, originalContext: trainedContext }),
      entropyAbf({ trainedContext: 8, theta: 1000 }),
    ),
  })
  .map(({ positions, scales }) => compose(positions, scales));

const shapes: fc.Arbitrary<Shape> = fc
  .record({
    numKvHeads: fc.integer({ min: 1, max: 3 }),
    group: fc.integer({ min: 1, max: 3 }),
    headDim: fc.constantFrom(4, 6, 8),
    partial: fc.boolean(),
    layout: fc.constantFrom<RotaryLayout>("halves", "interleaved"),
  })
  .map(({ partial, ...shape }) => ({ ...shape, rotaryDim: partial ? shape.headDim - 2 : shape.headDim }));

describe.each(backends)("attention under any extension on $name", (backend) => {
  it("is what the references give, in chunks of any size", async () => {
    await fc.assert(
      fc.asyncProperty(
        shapes,
        extensions,
        fc.array(fc.integer({ min: 0, max: vocabSize - 1 }), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 200 }),
        async (shape, extension, ids, chunkSize) => {
          const extended = extendDecoder(attentionOnly(shape), extension);
          const data = new Uint8Array(table(vocabSize * extended.decoder.tensors["table"]![1]!).buffer);
          const graph = decoderGraph(extended, {
            locate: () => ({ location: "table", offset: 0, length: data.length, type: "float32" }),
          });
          const session = await backend.createSession(encode(graph), [{ kind: "bytes", file: "table", data }]);
          const cache = createCache(backend, extended, { length: ids.length });
          const { vocabSize: width } = extended.decoder;
          const all = new Float32Array(ids.length * width);
          const { logits } = await prefill(session, cache, ids, {
            chunkSize,
            onLogits: (start, rows) => all.set(rows, start * width),
          });
          await session.release();
          expect(largestDifference(all, expected(extended, ids))).toBeLessThan(2e-4);
          expect(logits).toEqual(all.subarray(-width));
        },
      ),
      { numRuns: backend.name === "cpu" ? 150 : 30 },
    );
  });
});
