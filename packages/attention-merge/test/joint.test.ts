/** Attention of few queries by one softmax, against the same parts merged by log-sum-exp. */
import { evaluate, ndArray, tape, type NdArray, type Tape, type Value } from "@ropewalk/graph";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  attentionEntropies,
  attentionMaps,
  emitAttention,
  emitJointAttention,
  emitMeasuredAttention,
  emitMeasuredJointAttention,
  type AttentionParts,
  type JointParts,
} from "../src/onnx.ts";

const headDim = 4;

type Shape = {
  readonly heads: number;
  readonly rows: number;
  /** The keys of the settled part; undefined if there is none. */
  readonly settled: number | undefined;
  readonly gate: number;
  readonly ring: number;
  readonly own: number;
  readonly softcap: number | undefined;
  readonly seed: number;
};

const shapes: fc.Arbitrary<Shape> = fc.record({
  heads: fc.integer({ min: 1, max: 3 }),
  rows: fc.integer({ min: 1, max: 4 }),
  settled: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
  gate: fc.constantFrom(0, -1e30),
  ring: fc.integer({ min: 1, max: 6 }),
  own: fc.integer({ min: 1, max: 4 }),
  softcap: fc.constantFrom(undefined, 3),
  seed: fc.nat(1000),
});

const closed = -1e30;

/** Which band of the ring a pair is in: 0 near, 1 far, 2 none. Every query sees a key of its own, so no row is empty. */
const bandOf = (row: number, key: number, seed: number): number => (row * 7 + key * 3 + seed) % 3;

const record = (shape: Shape) => {
  const { heads, rows, settled, gate, ring, own, softcap, seed } = shape;
  const feeds: Record<string, NdArray> = {};
  let next = seed;
  const on = (graph: Tape) => {
    const declared = new Map<string, Value>();
    const fed = (name: string, dims: readonly number[], at: (index: number) => number): Value => {
      feeds[name] ??= ndArray(
        "float32",
        dims,
        Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => at(i)),
      );
      const value = declared.get(name) ?? graph.input(name, "float32", dims);
      declared.set(name, value);
      return value;
    };
    const noise = (name: string, dims: readonly number[]): Value => fed(name, dims, () => 2 * Math.sin(++next * 1.7));
    const masks = (name: string, keys: number, open: (row: number, key: number) => boolean): Value =>
      fed(name, [rows, keys], (i) => (open(Math.floor(i / keys), i % keys) ? 0 : closed));
    return { fed, noise, masks };
  };
  const partsOn = (graph: Tape): AttentionParts => {
    const { fed, noise, masks } = on(graph);
    const queries = (name: string): Value => noise(name, [1, heads, rows, headDim]);
    const keys = (name: string, count: number): Value => noise(name, [heads, count, headDim]);
    const lengths = graph.constant("int64", [2], [ring, own]);
    return {
      settled:
        settled === undefined
          ? undefined
          : {
              kind: "dense",
              queries: queries("far"),
              keys: keys("settled_keys", settled),
              values: keys("settled_values", settled),
              gate: fed("gate", [1], () => gate),
            },
      recent: [
        {
          bands: [
            {
              queries: queries("near"),
              keys: keys("near_keys", ring),
              mask: masks("near_mask", ring, (i, j) => bandOf(i, j, seed) === 0),
            },
            {
              queries: queries("far"),
              keys: keys("far_keys", ring),
              mask: masks("far_mask", ring, (i, j) => bandOf(i, j, seed) === 1),
            },
          ],
          values: keys("ring_values", ring),
        },
        {
          bands: [
            {
              queries: queries("near"),
              keys: keys("own_keys", own),
              mask: masks("own_mask", own, (i, j) => j <= i || j === 0),
            },
          ],
          values: keys("own_values", own),
        },
      ],
      lengths,
      ...(softcap !== undefined && { softcap }),
    };
  };
  /** The same parts under one mask. */
  const jointOn = (graph: Tape): JointParts => {
    const { settled: far, recent, softcap: bound } = partsOn(graph);
    const shape_ = graph.constant("int64", [2], [rows, settled ?? 1]);
    const masksOf = recent.map(({ bands }) => bands.map(({ mask }) => mask));
    const one = masksOf.map((masks) => (masks.length === 1 ? masks[0]! : graph.op("Max", masks)));
    const gates = far === undefined ? [] : [graph.op("Expand", [far.gate, shape_])];
    const lengths = [...(settled === undefined ? [] : [settled]), ring, own];
    return {
      parts: [
        ...(far === undefined ? [] : [far]),
        ...recent.map(({ bands, values }) => ({
          kind: "bands" as const,
          values,
          bands: bands.map(({ queries, keys, mask }, band) => ({
            queries,
            keys,
            open:
              band < bands.length - 1 ? graph.op("Greater", [mask, graph.constant("float32", [], [-1])]) : undefined,
          })),
        })),
      ],
      mask: graph.op("Concat", [...gates, ...one], { axis: 1 }),
      lengths: graph.constant("int64", [lengths.length], lengths),
      ...(bound !== undefined && { softcap: bound }),
    };
  };
  const run = (results: (graph: Tape) => readonly Value[]): readonly (readonly number[])[] => {
    const graph = tape();
    results(graph).forEach((value, index) => graph.output(`out_${index}`, value));
    const given = evaluate(
      graph.model(),
      Object.fromEntries(graph.model().graph!.input.map(({ name }) => [name, feeds[name]!])),
    );
    return Object.values(given).map(({ data }) => Array.from(data as ArrayLike<number>, Number));
  };
  return { run, partsOn, jointOn };
};

const apart = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((x, index) => Math.abs(x - b[index]!)));

it("gives what a merge of the parts gives, and the same weights and entropies", () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const { run, partsOn, jointOn } = record(shape);
      for (const measure of [attentionMaps, attentionEntropies]) {
        const [out, measured] = run((graph) => emitMeasuredAttention(graph, measure, partsOn(graph)));
        const [joint, ofJoint] = run((graph) => emitMeasuredJointAttention(graph, measure, jointOn(graph)));
        expect(joint!.length).toBe(out!.length);
        expect(ofJoint!.length).toBe(measured!.length);
        expect(apart(joint!, out!)).toBeLessThan(2e-6);
        expect(apart(ofJoint!, measured!)).toBeLessThan(2e-5);
      }
      const [plain] = run((graph) => [emitAttention(graph, partsOn(graph))]);
      const [few] = run((graph) => [emitJointAttention(graph, jointOn(graph))]);
      expect(apart(few!, plain!)).toBeLessThan(2e-6);
    }),
    { numRuns: 60 },
  );
});

it("names a key that it does not know", () => {
  const graph = tape();
  expect(() => emitJointAttention(graph, { parts: [], length: 3 } as never)).toThrow(
    'emitJointAttention: parts must have no keys but parts, lengths, mask, softcap, got "length"; lengths is meant?',
  );
});
