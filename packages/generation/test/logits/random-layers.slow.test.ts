/**
 * Layers that attend in any mix of ways (a window or none, a rotation or none, a score scale, a bound), under any extension, through
 * groups, caches and chunks, against plain loops.
 *
 * A token's row is [query, key, value], looked up in a table; a layer adds to the query what it attends to: with
 *   s(i, j) = softcap tanh(scale(i) R(q_i) · R(k_j) / softcap),    q_i += Σ_j softmax_j(s(i, j)) v_j
 */
import { slidingWindow, type AttentionKind, type ContextExtension } from "@ropewalk/context-extension";
import { extendDecoder, type Decoder, type ExtendedDecoder } from "@ropewalk/decoder";
import { queryScale } from "@ropewalk/entropy-scaling";
import { plain, type PositionMapping } from "@ropewalk/position-mapping";
import { covers } from "@ropewalk/position-mapping/bands";
import { rotate, rotationTable, ropeFrequencies } from "@ropewalk/rope";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cacheBytes,
  createCache,
  plannedCacheBytes,
  prefill,
  releaseCache,
  runChunk,
  type KeyValueCache,
} from "../../src/index.ts";
import { backends } from "../backends.ts";
import {
  decoderOf,
  extensions,
  headDim,
  sessionOf,
  shapes,
  tableOf,
  vocabSize,
  widthOf,
  type Shape,
} from "../random-decoder.ts";

/** Where a layer's queries and keys stand under an extension: one's own window stays, unless every layer has one. */
const mappingOf = (kind: AttentionKind, isExtended: boolean, { positions }: ContextExtension): PositionMapping =>
  isExtended && positions !== undefined
    ? positions
    : kind.slidingWindow === undefined
      ? plain()
      : slidingWindow({ window: kind.slidingWindow }).positions!;

/** One layer: what it adds to every query, [tokens][numHeads * headDim]. @param planned - tokens that frequencies are chosen for */
const attended = (
  rows: readonly Float64Array[],
  { shape, layer, extension, planned }: { shape: Shape; layer: number; extension: ContextExtension; planned: number },
): readonly Float64Array[] => {
  const { numKvHeads, group, kinds } = shape;
  const { rope, scoreScale = 1 / Math.sqrt(headDim), softcap, slidingWindow: own } = kinds[layer]!;
  const seesAll = own === undefined || kinds.every(({ slidingWindow: window }) => window !== undefined);
  const isExtended = seesAll && rope !== undefined;
  const { bands } = mappingOf(kinds[layer]!, isExtended, extension);
  const [numHeads, numTokens] = [numKvHeads * group, rows.length];

  /** [bands][heads, tokens, headDim] */
  const rotated = (side: "query" | "key", heads: number, from: number): readonly Float32Array[] => {
    const data = Float32Array.from({ length: heads * numTokens * headDim }, (_, at) => {
      const [head, token] = [Math.floor(at / (numTokens * headDim)), Math.floor(at / headDim) % numTokens];
      return rows[token]![from + head * headDim + (at % headDim)]!;
    });
    if (rope === undefined) return bands.map(() => data);
    const scaling = (isExtended ? extension.rope : undefined) ?? rope.scaling;
    const frequencies = ropeFrequencies({ rotaryDim: rope.rotaryDim, theta: rope.theta, scaling, seqLen: planned });
    return bands.map((band) => {
      const angles = rotationTable(
        frequencies,
        rows.map((_, token) => band[side](token)),
      );
      const turned = rotate(
        { layout: rope.layout, rotaryDim: rope.rotaryDim },
        { dims: [1, heads, numTokens, headDim], data },
        angles,
      );
      return Float32Array.from(turned.data);
    });
  };
  const queries = rotated("query", numHeads, 0);
  const keys = rotated("key", numKvHeads, numHeads * headDim);
  const values = (numHeads + numKvHeads) * headDim;

  return rows.map((_, i) => {
    const out = new Float64Array(numHeads * headDim);
    const entropy = seesAll ? extension.entropy : undefined;
    const scale = scoreScale * (entropy === undefined ? 1 : queryScale(entropy, { layer, position: i }));
    const bandOf = Array.from({ length: i + 1 }, (__, j) => bands.findIndex((band) => covers(band, i, j)));
    for (let head = 0; head < numHeads; head++) {
      const kvHead = Math.floor(head / group);
      const weights = bandOf.map((band, j) => {
        if (band < 0) return 0;
        let score = 0;
        for (let d = 0; d < headDim; d++)
          score +=
            scale *
            queries[band]![(head * numTokens + i) * headDim + d]! *
            keys[band]![(kvHead * numTokens + j) * headDim + d]!;
        return Math.exp(softcap === undefined ? score : softcap * Math.tanh(score / softcap));
      });
      const sum = weights.reduce((total, weight) => total + weight, 0);
      weights.forEach((weight, j) => {
        for (let d = 0; d < headDim; d++)
          out[head * headDim + d]! += (weight / sum) * rows[j]![values + kvHead * headDim + d]!;
      });
    }
    return out;
  });
};

/** The last token's row after all layers. */
const expected = (shape: Shape, extension: ContextExtension, ids: readonly number[], planned: number): Float64Array => {
  const width = widthOf(shape);
  const table = tableOf(width);
  const rows = ids.map((id) => Float64Array.from(table.subarray(id * width, (id + 1) * width)));
  for (const layer of shape.kinds.keys())
    attended(rows, { shape, layer, extension, planned }).forEach((added, token) =>
      added.forEach((value, at) => void (rows[token]![at]! += value)),
    );
  return rows.at(-1)!;
};

const runs = fc.record({
  shape: shapes,
  extension: extensions,
  ids: fc.array(fc.nat(vocabSize - 1), { minLength: 1, maxLength: 160, size: "max" }),
  chunkSize: fc.integer({ min: 1, max: 160 }),
  /** Tokens at the end that are read one by one. */
  steps: fc.nat(30),
  planned: fc.integer({ min: 1, max: 160 }),
});

describe.each(backends)("on $name", (backend) => {
  it("layers of any mix give what plain loops give, in a cache of the bytes that were planned", async () => {
    await fc.assert(
      fc.asyncProperty(runs, async ({ shape, extension: asked, ids, chunkSize, steps, planned }) => {
        const extended: ExtendedDecoder<Decoder> = extendDecoder(decoderOf(shape), asked);
        const session = await sessionOf(backend, shape, extended);
        const cut = Math.max(1, ids.length - steps);
        const empty: KeyValueCache = createCache(backend, extended, { length: planned });
        let { cache, logits } = await prefill(session, empty, ids.slice(0, cut), { chunkSize });
        for (const id of ids.slice(cut)) ({ cache, logits } = await runChunk(session, cache, [id], [0]));
        const wanted = expected(shape, asked, ids, cache.planned);
        expect(largestDifference(logits.slice(-wanted.length), wanted)).toBeLessThan(5e-4);
        releaseCache(cache);

        ({ cache } = await prefill(session, createCache(backend, extended, { length: ids.length }), ids));
        expect(cacheBytes(cache)).toBe(plannedCacheBytes(extended, { length: ids.length }));
        releaseCache(cache);
        await session.release();
      }),
      { numRuns: backend.name === "cpu" ? 40 : 10 },
    );
  });
});
