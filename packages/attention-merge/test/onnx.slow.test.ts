import type { Backend } from "@ropewalk/backend";
import { cpu } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import type { Tape, Value } from "@ropewalk/graph";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bandedAttention } from "../src/index.ts";
import { emitAttention, emitAttentionByHead, type AttentionParts, emitUngroup } from "../src/onnx.ts";
import { recorded } from "./record-scenario.ts";
import { problem, scenarios, type Scenario } from "./scenario.ts";

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

type EmitOut = (tape: Tape, parts: AttentionParts) => Value;

const difference = async (backend: Backend, emit: EmitOut, scenario: Scenario): Promise<number> => {
  const { model, feeds } = recorded(
    (graph, parts, heads) => void graph.output("out", emitUngroup(graph, heads, emit(graph, parts))),
    scenario,
  );
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

const emitters: Readonly<Record<string, EmitOut>> = {
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
