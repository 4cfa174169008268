/** The log-sum-exp of rows from their first key, where it has much weight, and where float32 holds none of it. */
import { float32 } from "@ropewalk/backend";
import { cpu } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { encode, tape } from "@ropewalk/graph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emitLse } from "../src/onnx/lse.ts";
import { emitSoftmaxPart } from "../src/onnx/merge.ts";

const model = (): Uint8Array => {
  const graph = tape();
  const scores = graph.input("scores", "float32", ["rows", "keys"]);
  graph.output(
    "lse",
    emitLse(
      graph,
      emitSoftmaxPart(graph, scores, (probabilities) => probabilities),
    ),
  );
  return encode(graph.model());
};

const expected = (scores: Float32Array): number => {
  const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  return most + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - most), 0));
};

/** How much lower the score of the first key is than those behind it. */
const drops = fc.oneof(fc.integer({ min: -120, max: 160 }), fc.constantFrom(60, 69, 70, 87, 104, 1000));

describe.each([cpu({ threads: 1 }), wasm()].map((backend) => ({ backend, name: backend.name })))(
  "the log-sum-exp from the first key on $name",
  async ({ backend }) => {
    const session = await backend.createSession(model());
    const found = async (rows: number, keyLen: number, scores: Float32Array): Promise<Float32Array> => {
      const { lse } = await session.run({ scores: float32([rows, keyLen], scores) }, { read: ["lse"] });
      if (lse?.place !== "host") throw new Error("a host tensor was expected");
      return lse.data as Float32Array;
    };

    it("is that of all keys, whatever weight the first has", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 4 }),
          fc.integer({ min: 1, max: 200 }),
          drops,
          fc.nat(1000),
          async (rows, keyLen, drop, seed) => {
            const dropped = (row: number, key: number): boolean => key === 0 && (seed + row) % 3 < 2;
            const scores = Float32Array.from(
              { length: rows * keyLen },
              (_, at) => 9 * Math.sin(at * 1.7 + seed) - (dropped(Math.floor(at / keyLen), at % keyLen) ? drop : 0),
            );
            const lse = await found(rows, keyLen, scores);
            for (let row = 0; row < rows; row++) {
              const wanted = expected(scores.subarray(row * keyLen, (row + 1) * keyLen));
              expect(Math.abs(lse[row]! - wanted)).toBeLessThan(3e-7 * Math.max(64, Math.abs(wanted)));
            }
          },
        ),
        { numRuns: 300 },
      );
    });

    it("is not a number where a score is not", async () => {
      expect((await found(1, 3, Float32Array.of(0, Number.NaN, 1)))[0]).toBeNaN();
    });
  },
);
