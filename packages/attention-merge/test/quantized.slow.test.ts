import { float32, int8, type Backend, type Tensor } from "@ropewalk/backend";
import { cpu } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { encode, tape, type Value } from "@ropewalk/graph";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bandedAttention, quantizedTile, quantizeKeys, quantizeValues } from "../src/index.ts";
import { emitAttention, emitAttentionByHead, emitGroupQueries, emitUngroup } from "../src/onnx.ts";

type Cached = { readonly dims: readonly [number, number, number]; readonly data: Float32Array };

const random = (seed: number): (() => number) => {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 31 - 1;
};

const noise = (dims: Cached["dims"], seed: number): Cached => {
  const next = random(seed);
  return { dims, data: Float32Array.from({ length: dims[0] * dims[1] * dims[2] }, next) };
};

/** Where an element of the keys lies among those of their tiles. */
const turned = ([, keyLen, headDim]: Cached["dims"], head: number, token: number, d: number): number =>
  (head * keyLen + token - (token % quantizedTile)) * headDim + d * quantizedTile + (token % quantizedTile);

const shapes = fc.record({
  numKvHeads: fc.integer({ min: 1, max: 3 }),
  tiles: fc.integer({ min: 1, max: 3 }),
  headDim: fc.constantFrom(4, 8, 24, 64),
  seed: fc.integer(),
});

const back = (cached: Cached): { readonly keys: Cached; readonly values: Cached } => {
  const { dims } = cached;
  const [numKvHeads, keyLen, headDim] = dims;
  const [k, v] = [quantizeKeys(cached), quantizeValues(cached)];
  const [keys, values] = [new Float32Array(cached.data.length), new Float32Array(cached.data.length)];
  for (let head = 0; head < numKvHeads; head++)
    for (let token = 0; token < keyLen; token++)
      for (let d = 0; d < headDim; d++) {
        const [row, at] = [head * keyLen + token, (head * keyLen + token) * headDim + d];
        keys[at] = k.elements[turned(dims, head, token, d)]! * k.scales[row]!;
        values[at] = v.elements[at]! * v.scales[row]!;
      }
  return { keys: { dims, data: keys }, values: { dims, data: values } };
};

describe("keys and values in 8 bits", () => {
  it("are at most half a step from what they were, a step being a 127th of the largest of a token", () => {
    fc.assert(
      fc.property(shapes, ({ numKvHeads, tiles, headDim, seed }) => {
        const cached = noise([numKvHeads, tiles * quantizedTile, headDim], seed);
        const { keys, values } = back(cached);
        const { scales } = quantizeValues(cached);
        cached.data.forEach((x, at) => {
          const half = scales[Math.floor(at / headDim)]! * 0.5001;
          expect(Math.abs(keys.data[at]! - x)).toBeLessThanOrEqual(half);
          expect(values.data[at]).toBe(keys.data[at]);
        });
      }),
      { numRuns: 20 },
    );
  });

  it("keep a token of zeros, and refuse keys that fill no tile", () => {
    const zeros = { dims: [1, quantizedTile, 4], data: new Float32Array(quantizedTile * 4) } as const;
    expect(quantizeKeys(zeros).scales[0]).toBe(0);
    expect(quantizeKeys(zeros).offsets.every((offset) => offset === 0)).toBe(true);
    expect(() => quantizeKeys(noise([1, 100, 4], 1))).toThrow(/keyLen must be a multiple of 128, got 100/);
  });
});

type Case = {
  readonly numKvHeads: number;
  readonly group: number;
  readonly headDim: number;
  readonly tiles: number;
  readonly queryLen: number;
  readonly seed: number;
};

/** How settled keys and values are multiplied. */
type As = "integers" | "widened";

/** Settled keys in 8 bits and one key of the chunk, seen by every query: what the graph gives, and what the loops give. */
const outputs = async (backend: Backend, { numKvHeads, group, headDim, tiles, queryLen, seed }: Case, as: As) => {
  const keyLen = tiles * quantizedTile;
  const heads = { numHeads: numKvHeads * group, numKvHeads, headDim };
  const [keys, values] = [noise([numKvHeads, keyLen, headDim], seed), noise([numKvHeads, keyLen, headDim], seed + 1)];
  const [ownKey, ownValue] = [noise([numKvHeads, 1, headDim], seed + 2), noise([numKvHeads, 1, headDim], seed + 3)];
  const queries = noise([heads.numHeads, queryLen, headDim], seed + 4);
  const [k, v] = [quantizeKeys(keys), quantizeValues(values)];
  const t = tape();
  const feeds: Record<string, Tensor> = {};
  const feed = (name: string, tensor: Tensor): Value => {
    feeds[name] = tensor;
    return t.input(name, tensor.type, tensor.dims);
  };
  const rows = new Float32Array(queries.data.length);
  for (let head = 0; head < heads.numHeads; head++)
    for (let row = 0; row < queryLen; row++)
      for (let d = 0; d < headDim; d++)
        rows[(row * heads.numHeads + head) * headDim + d] =
          queries.data[(head * queryLen + row) * headDim + d]! / Math.sqrt(headDim);
  feeds["queries"] = float32([queryLen, heads.numHeads * headDim], rows);
  const grouped = emitGroupQueries(t, heads, t.input("queries", "float32", ["queryLen", heads.numHeads * headDim]));
  const perToken = (name: string, data: Float32Array): Value =>
    feed(name, float32([numKvHeads, tiles, 1, quantizedTile], data));
  const emit = as === "integers" ? emitAttention : emitAttentionByHead;
  const attended = emit(t, {
    settled: {
      kind: "quantized",
      queries: grouped,
      gate: t.constant("float32", [1], [0]),
      keys: feed("keys", int8([numKvHeads, tiles, headDim, quantizedTile], k.elements)),
      keyScales: perToken("key_scales", k.scales),
      keyOffsets: perToken("key_offsets", k.offsets),
      values: feed("values", int8([numKvHeads, tiles, quantizedTile, headDim], v.elements)),
      valueScales: perToken("value_scales", v.scales),
    },
    recent: [
      {
        bands: [
          {
            queries: grouped,
            keys: feed("own_key", float32([numKvHeads, 1, headDim], ownKey.data)),
            mask: t.constant("float32", [1, 1], [0]),
          },
        ],
        values: feed("own_value", float32([numKvHeads, 1, headDim], ownValue.data)),
      },
    ],
    lengths: t.constant("int64", [1], [1]),
  });
  t.output("out", emitUngroup(t, heads, attended));
  const session = await backend.createSession(encode(t.model()));
  const { out } = await session.run(feeds, { read: ["out"] });
  await session.release();
  if (out?.place !== "host") throw new Error("a host tensor was expected");

  const all = (settled: Cached, own: Cached): Cached => {
    const data = new Float32Array(numKvHeads * (keyLen + 1) * headDim);
    for (let head = 0; head < numKvHeads; head++) {
      const size = keyLen * headDim;
      data.set(settled.data.subarray(head * size, (head + 1) * size), head * (size + headDim));
      data.set(own.data.subarray(head * headDim, (head + 1) * headDim), head * (size + headDim) + size);
    }
    return { dims: [numKvHeads, keyLen + 1, headDim], data };
  };
  const attention = (settledKeys: Cached, settledValues: Cached): Float32Array => {
    const band = { from: 0, to: Infinity, queries, keys: all(settledKeys, ownKey) };
    // Every query comes behind every key.
    const { out: reference } = bandedAttention({ queryStart: keyLen }, [band], all(settledValues, ownValue));
    const byRow = new Float32Array(reference.data.length);
    for (let head = 0; head < heads.numHeads; head++)
      for (let row = 0; row < queryLen; row++)
        byRow.set(
          reference.data.subarray((head * queryLen + row) * headDim, (head * queryLen + row + 1) * headDim),
          (row * heads.numHeads + head) * headDim,
        );
    return byRow;
  };
  return {
    got: out.data as Float32Array,
    rounded: attention(back(keys).keys, back(values).values),
    exact: attention(keys, values),
  };
};

describe.each([cpu({ threads: 1 }), wasm()])("attention over keys in 8 bits on $name", (backend) => {
  const cases = fc.record({
    numKvHeads: fc.integer({ min: 1, max: 3 }),
    group: fc.constantFrom(1, 2, 4),
    headDim: fc.constantFrom(8, 32, 64),
    tiles: fc.integer({ min: 1, max: 4 }),
    seed: fc.integer(),
  });

  it("widened to float32, for several queries, is attention over the rounded keys", async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.integer({ min: 2, max: 70 }), async (each, queryLen) => {
        const { got, rounded } = await outputs(backend, { ...each, queryLen }, "widened");
        expect(largestDifference(got, rounded)).toBeLessThan(2e-5);
      }),
      { numRuns: 20 },
    );
  });

  it("by products of integers, for few queries, is within what 8 bits of queries and weights lose", async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.integer({ min: 1, max: 9 }), async (each, queryLen) => {
        const { got, rounded, exact } = await outputs(backend, { ...each, queryLen }, "integers");
        expect(largestDifference(got, rounded)).toBeLessThan(2e-3);
        expect(largestDifference(got, exact)).toBeLessThan(4e-3);
      }),
      { numRuns: 30 },
    );
  });
});
