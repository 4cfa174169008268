/** docs/scaling.md has the tables that `npm run -s scaling` prints, and the formulas give the figures of docs/performance.md. */
import { llama } from "@ropewalk/models";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cacheBytesOf, multiplied, ownBytesOf, prefillCost, stepCost } from "../src/scaling/costs.ts";
import { machines, usersOf } from "../src/scaling/machines.ts";
import { shapes } from "../src/scaling/shapes.ts";
import { tables } from "../src/scaling/tables.ts";

const page = readFileSync("docs/scaling.md", "utf8");

it.each(tables())("docs/scaling.md has the table $title", ({ lines }) => {
  expect(page).toContain(lines.join("\n"));
});

describe("the model of docs/performance.md", () => {
  const decoder = llama.read({
    model_type: "llama",
    hidden_act: "silu",
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    vocab_size: 32_000,
    hidden_size: 768,
    intermediate_size: 2048,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    num_key_value_heads: 12,
    max_position_embeddings: 8192,
    tie_word_embeddings: false,
  });

  it("multiplies as often in a prompt", () => {
    expect(multiplied(decoder)).toEqual({ layers: 84_934_656, head: 24_576_000 });
    for (const [length, projections, attention] of [
      [2048, 348, 97],
      [8192, 1391, 1314],
    ] as const) {
      const cost = prefillCost(decoder, "plain", length);
      expect(Math.abs(cost.projections / 1e9 - projections)).toBeLessThan(1);
      expect(Math.abs(cost.attention / 1e9 - attention)).toBeLessThan(1);
    }
  });

  it("reads as many bytes in a step", () => {
    // The cache has room for 128 tokens more.
    expect(cacheBytesOf(decoder, "plain", "float32", 8192) / 1e6).toBeCloseTo(604 * (8320 / 8192), 0);
    for (const [cache, bytes] of [
      ["float32", 684],
      ["q8", 250],
    ] as const)
      expect(Math.abs(stepCost(decoder, "plain", cache, 8192).bytes / 1e6 / bytes - 1)).toBeLessThan(0.06);
  });

  it("costs the same in two pieces as in one, and a run of its own no more for a longer text", () => {
    const whole = prefillCost(decoder, "SelfExtend", 8192).attention;
    const two = [prefillCost(decoder, "SelfExtend", 4096), prefillCost(decoder, "SelfExtend", 8192, 4096)];
    expect(two.reduce((sum, { attention }) => sum + attention, 0)).toBe(whole);
    expect(ownBytesOf(decoder, "SelfExtend", "float32", 300)).toBeLessThan(
      cacheBytesOf(decoder, "SelfExtend", "float32", 8192) / 3,
    );
  });
});

it("a machine holds as many as it has time and memory for", () => {
  const [laptop] = machines as [(typeof machines)[number]];
  const load = { decoder: shapes["8B"]!, length: 8192 };
  // 60 / (6.0 + 200 · 0.134), and 60 / 438
  expect(usersOf(laptop, load)).toEqual({ anew: 0, own: 1, shared: 1 });
  const large = { ...laptop, reads: 80e12, multiplies: 400e12 };
  // (0.8 · 32 - 6.0) / 0.93 documents of 0.93 GB
  expect(usersOf(large, load).own).toBe(21);
  expect(usersOf(large, load).shared).toBeGreaterThan(21);
  expect(usersOf({ ...laptop, memory: 6e9 }, load)).toEqual({ anew: 0, own: 0, shared: 0 });
});
