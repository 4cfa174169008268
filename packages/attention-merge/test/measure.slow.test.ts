import type { Backend } from "@ropewalk/backend";
import { cpu } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeEntropy, type PartialEntropy } from "../src/entropy.ts";
import { bandedAttention, type AttentionBand } from "../src/index.ts";
import {
  attentionEntropies,
  attentionMaps,
  emitAttention,
  emitAttentionByHead,
  emitMeasuredAttention,
  emitMeasuredAttentionByHead,
  type Measure,
} from "../src/onnx.ts";
import { recorded } from "./record-scenario.ts";
import { problem, scenarios, type Problem, type Scenario } from "./scenario.ts";

/** -Σ p ln p of each row, by plain loops. */
const entropiesOf = (rows: Float32Array, keyLen: number): Float32Array =>
  Float32Array.from({ length: rows.length / keyLen }, (_, row) => {
    let entropy = 0;
    for (let key = 0; key < keyLen; key++) {
      const p = rows[row * keyLen + key]!;
      if (p > 0) entropy -= p * Math.log(p);
    }
    return entropy;
  });

const partial = (bands: readonly AttentionBand[], values: Problem["values"], queryStart: number): PartialEntropy => {
  const { lse, probabilities } = bandedAttention({ queryStart, probabilities: true }, bands, values);
  const [, keyLen] = values.dims;
  return { lse, entropy: { dims: lse.dims, data: entropiesOf(probabilities!.data, keyLen) } };
};

const within = (bands: readonly AttentionBand[], from: number, to: number): readonly AttentionBand[] =>
  bands.map((band) => ({ ...band, from: Math.max(band.from, from), to: Math.min(band.to, to) }));

describe("mergeEntropy", () => {
  it("is the entropy of one softmax over all keys, however the distances are split", () => {
    fc.assert(
      fc.property(
        scenarios({ start: 60, queryLen: 12 }),
        fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 4 }),
        (scenario, cuts) => {
          const { bands, values } = problem(scenario);
          const whole = partial(bands, values, scenario.start);
          const edges = [0, ...new Set(cuts.toSorted((a, b) => a - b)), Infinity];
          const merged = mergeEntropy(
            edges.slice(1).map((to, index) => partial(within(bands, edges[index]!, to), values, scenario.start)),
          );
          expect(largestDifference(merged.entropy.data, whole.entropy.data)).toBeLessThan(1e-5);
          expect(largestDifference(merged.lse.data, whole.lse.data)).toBeLessThan(1e-5);
        },
      ),
    );
  });

  it("is 0 where no part has a key, and what a part says that alone has keys", () => {
    const part = (entropy: number, lse: number): PartialEntropy => ({
      entropy: { dims: [1, 1], data: Float32Array.of(entropy) },
      lse: { dims: [1, 1], data: Float32Array.of(lse) },
    });
    const none = mergeEntropy([part(0, -Infinity), part(NaN, -Infinity)]);
    expect([none.entropy.data[0], none.lse.data[0]]).toEqual([0, -Infinity]);
    const one = mergeEntropy([part(0.5, 3), part(7, -Infinity)]);
    expect([one.entropy.data[0], one.lse.data[0]]).toEqual([0.5, 3]);
    const halves = mergeEntropy([part(0, 1), part(0, 1)]);
    expect(halves.entropy.data[0]).toBeCloseTo(Math.log(2), 6);
  });

  it("refuses what does not fit", () => {
    const part = (...dims: readonly [number, number]): PartialEntropy => ({
      entropy: { dims, data: new Float32Array(dims[0] * dims[1]) },
      lse: { dims, data: new Float32Array(dims[0] * dims[1]) },
    });
    expect(() => mergeEntropy([])).toThrow("mergeEntropy: parts must");
    expect(() => mergeEntropy([part(1, 2), part(2, 1)])).toThrow("mergeEntropy: entropy must be [1,2], got [2,1]");
  });
});

const forms = { "all heads at once": emitMeasuredAttention, "head by head": emitMeasuredAttentionByHead } as const;

const run = async (
  backend: Backend,
  form: (typeof forms)[keyof typeof forms],
  measure: Measure,
  scenario: Scenario,
): Promise<Float32Array> => {
  const { model, feeds } = recorded(
    (graph, parts) => void graph.output("measured", form(graph, measure, parts)[1]),
    scenario,
  );
  const session = await backend.createSession(model);
  const { measured } = await session.run(feeds, { read: ["measured"] });
  await session.release();
  if (measured!.place !== "host") throw new Error("a host tensor was expected");
  return measured!.data as Float32Array;
};

const wanted = (scenario: Scenario) => {
  const { bands, values } = problem(scenario);
  const [, keyLen] = values.dims;
  const { data } = bandedAttention({ queryStart: scenario.start, probabilities: true }, bands, values).probabilities!;
  return { maps: data, entropies: entropiesOf(data, keyLen), keyLen };
};

/** The reference's maps with the columns of the graph: where no key settled, waits or is in the ring, one stands in. */
const withStandIns = ({ window, start }: Scenario, { maps, keyLen }: ReturnType<typeof wanted>): Float32Array => {
  const farEnd = Math.max(0, start - window + 1);
  const settledEnd = farEnd >> 1;
  const parts = [
    [0, settledEnd],
    [settledEnd, farEnd],
    [farEnd, start],
    [start, keyLen],
  ] as const;
  const rows: number[] = [];
  for (let at = 0; at < maps.length; at += keyLen)
    for (const [from, to] of parts) rows.push(...(from === to ? [0] : maps.subarray(at + from, at + to)));
  return Float32Array.from(rows);
};

const runs = [cpu({ threads: 1 }), wasm()].flatMap((backend) =>
  Object.entries(forms).map(([form, emit]) => ({ backend, emit, name: `${form} on ${backend.name}` })),
);

describe.each(runs)("what is measured of emitted attention, $name,", ({ backend, emit }) => {
  it("is the reference's", async () => {
    await fc.assert(
      fc.asyncProperty(scenarios({ start: 150, queryLen: 40 }), async (any) => {
        const scenario = { ...any, queryLen: Math.min(any.queryLen, any.window) };
        const reference = wanted(scenario);
        const entropies = await run(backend, emit, attentionEntropies, scenario);
        expect(largestDifference(entropies, reference.entropies)).toBeLessThan(2e-5);
        const maps = await run(backend, emit, attentionMaps, scenario);
        expect(largestDifference(maps, withStandIns(scenario, reference))).toBeLessThan(1e-5);
      }),
      { numRuns: 12 },
    );
  });
});

describe("a graph that is not measured", () => {
  const scenario: Scenario = { numKvHeads: 2, group: 2, headDim: 4, window: 8, start: 30, queryLen: 4, seed: 1 };

  it.each([
    ["all heads at once", emitAttention, emitMeasuredAttention],
    ["head by head", emitAttentionByHead, emitMeasuredAttentionByHead],
  ])("has nothing of it, and one that is has the same attention: %s", (form, plain, measuring) => {
    const bare = recorded((graph, parts) => void graph.output("out", plain(graph, parts)), scenario);
    const full = recorded(
      (graph, parts) => void graph.output("out", measuring(graph, attentionEntropies, parts)[0]),
      scenario,
    );
    // Head by head a measure also takes another form of attention, with fewer nodes.
    if (form === "all heads at once") expect(bare.model.length).toBeLessThan(full.model.length);
    expect([bare, full].map(({ model }) => Buffer.from(model).includes("Neg"))).toEqual([false, true]);
  });
});
