import { float32, int64, type Backend, type Tensor } from "@ropewalk/backend";
import { cpu } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { encode, tape, type Tape, type Value } from "@ropewalk/graph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bandedAttention } from "../src/index.ts";
import {
  emitAttention,
  emitAttentionByHead,
  type AttentionParts,
  emitGroupQueries,
  emitTile,
  emitUngroup,
  type RecentPart,
  type SettledPart,
} from "../src/onnx.ts";
import { largestDifference, problem, scenarios, type Scenario } from "./scenario.ts";

const closed = -1e30;

type Emit = (tape: Tape, parts: AttentionParts) => Value;

/** [numKvHeads, keyLen, headDim] rows from..to; at least one row. */
const stretch = (
  x: { readonly dims: readonly [number, number, number]; readonly data: Float32Array },
  from: number,
  to: number,
): Tensor => {
  const [heads, keyLen, headDim] = x.dims;
  const length = Math.max(1, to - from);
  const data = new Float32Array(heads * length * headDim);
  for (let head = 0; head < heads; head++)
    for (let row = 0; row < to - from; row++) {
      const source = x.data.subarray(
        (head * keyLen + from + row) * headDim,
        (head * keyLen + from + row + 1) * headDim,
      );
      data.set(source, (head * length + row) * headDim);
    }
  return float32([heads, length, headDim], data);
};

const mask = (rows: number, columns: number, open: (row: number, column: number) => boolean): Tensor => {
  const width = Math.max(1, columns);
  const data = new Float32Array(rows * width).fill(closed);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) if (open(row, column)) data[row * width + column] = 0;
  return float32([rows, width], data);
};

/** Records the whole of a layer's attention for one scenario, with everything as inputs, and what to feed it. */
const recorded = (
  emit: Emit,
  scenario: Scenario,
): { readonly model: Uint8Array; readonly feeds: Record<string, Tensor> } => {
  const { numKvHeads, group, headDim, window, start, queryLen } = scenario;
  const { bands, values } = problem(scenario);
  const [near, far] = bands as [(typeof bands)[number], (typeof bands)[number]];
  const heads = { numHeads: numKvHeads * group, numKvHeads, headDim };
  const farEnd = Math.max(0, start - window + 1);
  const bandEnd = Math.max(farEnd, Math.min(start, start + queryLen - window));
  const settledEnd = farEnd >> 1;
  const feeds: Record<string, Tensor> = {};
  const graph: Tape = tape();
  const feed = (name: string, tensor: Tensor): Value => {
    feeds[name] = tensor;
    return graph.input(name, tensor.type as "float32", tensor.dims);
  };
  const gate = (name: string, length: number): Value =>
    feed(name, float32([1], Float32Array.of(length > 0 ? 0 : closed)));
  const tiled = (name: string, tensor: Tensor): Value => emitTile(graph, heads, feed(name, tensor));
  // Queries arrive row by row, [queryLen, numHeads * headDim], and already scaled.
  const queries = (name: string, band: typeof near): Value => {
    const data = new Float32Array(band.queries.data.length);
    for (let head = 0; head < heads.numHeads; head++)
      for (let row = 0; row < queryLen; row++)
        for (let d = 0; d < headDim; d++)
          data[(row * heads.numHeads + head) * headDim + d] =
            band.queries.data[(head * queryLen + row) * headDim + d]! / Math.sqrt(headDim);
    return emitGroupQueries(graph, heads, feed(name, float32([queryLen, heads.numHeads * headDim], data)));
  };
  const nearQueries = queries("near", near);
  const farQueries = queries("far", far);
  const part = (name: string, of: typeof near, at: Value, from: number, to: number) => ({
    queries: at,
    keys: feed(`${name}.keys`, stretch(of.keys, from, to)),
    values: feed(`${name}.values`, stretch(values, from, to)),
  });
  /** A mask of the keys from..to, open at distances that `open` holds for. */
  const maskOf = (name: string, [from, to]: readonly [number, number], open: (distance: number) => boolean): Value =>
    tiled(
      name,
      mask(queryLen, to - from, (row, column) => open(start + row - (from + column))),
    );
  const keysOf = (name: string, of: typeof near, [from, to]: readonly [number, number]): Value =>
    feed(name, stretch(of.keys, from, to));
  const ring = [farEnd, start] as const;
  // Where no key is far from any query, one zero key stands for all of them.
  const farRing = bandEnd > farEnd ? ring : ([farEnd, farEnd] as const);
  const recent: readonly RecentPart[] = [
    {
      kind: "masked",
      ...part("tail", far, farQueries, settledEnd, farEnd),
      mask: maskOf("tail.mask", [settledEnd, farEnd], () => true),
    },
    {
      kind: "either",
      near: {
        queries: nearQueries,
        keys: keysOf("ring.near", near, ring),
        mask: maskOf("ring.near.mask", ring, (distance) => distance < window),
      },
      far: {
        queries: farQueries,
        keys: keysOf("ring.far", far, farRing),
        mask: maskOf("ring.far.mask", ring, (distance) => distance >= window),
      },
      values: feed("ring.values", stretch(values, ...ring)),
    },
    {
      kind: "masked",
      ...part("own", near, nearQueries, start, start + queryLen),
      mask: maskOf("own.mask", [start, start + queryLen], (distance) => distance >= 0),
    },
  ];
  const lengths = feed(
    "lengths",
    int64([3], [Math.max(1, farEnd - settledEnd), Math.max(1, start - farEnd), queryLen]),
  );
  const settled: SettledPart = {
    kind: "dense",
    ...part("settled", far, farQueries, 0, settledEnd),
    gate: gate("settled.gate", settledEnd),
  };
  graph.output("out", emitUngroup(graph, heads, emit(graph, { settled, recent, lengths })));
  return { model: encode(graph.model()), feeds };
};

/** The reference's [numHeads, queryLen, headDim] as the graph gives it: [queryLen, numHeads * headDim]. */
const byRow = (data: Float32Array, numHeads: number, queryLen: number, headDim: number): Float32Array => {
  const rows = new Float32Array(data.length);
  for (let head = 0; head < numHeads; head++)
    for (let row = 0; row < queryLen; row++)
      rows.set(
        data.subarray((head * queryLen + row) * headDim, (head * queryLen + row + 1) * headDim),
        (row * numHeads + head) * headDim,
      );
  return rows;
};

const difference = async (backend: Backend, emit: Emit, scenario: Scenario): Promise<number> => {
  const { model, feeds } = recorded(emit, scenario);
  const session = await backend.createSession(model);
  const results = await session.run(feeds, { read: ["out"] });
  await session.release();
  const { bands, values } = problem(scenario);
  const { out } = bandedAttention({ queryStart: scenario.start }, bands, values);
  const [numHeads, queryLen, headDim] = out.dims;
  const got = results["out"]!;
  if (got.place !== "host") throw new Error("a host tensor was expected");
  return largestDifference(got.data as Float32Array, byRow(out.data, numHeads, queryLen, headDim));
};

const emitters: Readonly<Record<string, Emit>> = {
  "all heads at once": emitAttention,
  "head by head": emitAttentionByHead,
};
const runs = [cpu({ threads: 1 }), wasm()].flatMap((backend) =>
  Object.entries(emitters).map(([form, emit]) => ({ backend, emit, name: `${form} on ${backend.name}` })),
);

describe.each(runs)("emitted attention, $name", ({ backend, emit }) => {
  const chunkOf = (scenario: Scenario): Scenario => ({
    ...scenario,
    queryLen: Math.min(scenario.queryLen, scenario.window),
  });

  it("agrees with the reference for chunks anywhere in the input", async () => {
    await fc.assert(
      fc.asyncProperty(scenarios({ start: 150, queryLen: 40 }), async (scenario) => {
        expect(await difference(backend, emit, chunkOf(scenario))).toBeLessThan(2e-5);
      }),
      { numRuns: 60 },
    );
  });

  it("agrees with the reference when decoding, one query at a time", async () => {
    await fc.assert(
      fc.asyncProperty(scenarios({ start: 300, queryLen: 1 }), async (scenario) => {
        expect(await difference(backend, emit, scenario)).toBeLessThan(2e-5);
      }),
      { numRuns: 40 },
    );
  });

  it("agrees at the sizes of a real layer", async () => {
    const layer = { numKvHeads: 2, group: 4, headDim: 64, window: 128, start: 700, queryLen: 128, seed: 5 };
    expect(await difference(backend, emit, layer)).toBeLessThan(1e-4);
  });
});
