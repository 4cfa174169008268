/** Dual chunk attention that a checkpoint's config states: `--method dual-chunk` takes its numbers, and what does without it is told. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { LayeredCase } from "@ropewalk/testing/goldens/layered-cases";
import { layeredCheckpoints } from "@ropewalk/testing/vectors";
import { beforeAll, describe, expect, it } from "vitest";
import { idsFile, ropewalk, scratch } from "../run.ts";

const qwen3 = resolve(`${layeredCheckpoints}/qwen3`);
const model = join(scratch, "qwen3-stated");

const { cases } = JSON.parse(readFileSync(join(qwen3, "golden-logits.json"), "utf8")) as {
  readonly cases: readonly LayeredCase[];
};
const golden = cases.findLast(({ method }) => method.kind === "dual-chunk")!;
const plain = cases.findLast(({ method }) => method.kind === "none")!;

const stated = { chunk_size: 40, local_size: 10, original_max_position_embeddings: 64 };
const notice =
  "the checkpoint's dual_chunk_attention_config states DualChunk(chunkSize 40, localSize 10) for up to 512 tokens, which holds " +
  "where it is asked for: none is";

beforeAll(() => {
  cpSync(qwen3, model, { recursive: true });
  const config = JSON.parse(readFileSync(join(qwen3, "config.json"), "utf8")) as object;
  writeFileSync(
    join(model, "config.json"),
    JSON.stringify({ ...config, dual_chunk_attention_config: stated, max_position_embeddings: 512 }),
  );
});

const differenceOf = (stdout: string, wanted: readonly number[]): number => {
  const { last } = JSON.parse(stdout) as { readonly last: readonly number[] };
  expect(last).toHaveLength(wanted.length);
  return Math.max(...wanted.map((logit, token) => Math.abs(logit - last[token]!)));
};

describe("a config that states dual chunk attention", () => {
  it("has its numbers taken by --method dual-chunk", async () => {
    const ids = idsFile("stated.json", golden.inputIds);
    const { stdout, stderr, code } = await ropewalk("logits", model, "--ids", ids, "--method", "dual-chunk");
    expect([code, stderr]).toEqual([0, ""]);
    expect(differenceOf(stdout, golden.logitsLast)).toBeLessThan(2e-3);
  });

  it("has no say where it is not asked for, and a notice says so", async () => {
    const ids = idsFile("plain.json", plain.inputIds);
    const run = await ropewalk("logits", model, "--ids", ids, "--method", "none");
    expect(run.stderr).toContain(notice);
    expect(differenceOf(run.stdout, plain.logitsLast)).toBeLessThan(2e-3);
  });

  it("is shown by inspect, and the capacity is what it states", async () => {
    const read = async (...flags: readonly string[]) =>
      JSON.parse((await ropewalk("inspect", model, "--json", ...flags)).stdout) as Record<string, unknown>;
    const asked = await read("--method", "dual-chunk");
    expect(asked).toMatchObject({
      statedPositions: {
        by: "dual_chunk_attention_config",
        positions: { kind: "dual-chunk", chunkSize: 40, localSize: 10 },
        tokens: 512,
      },
      positions: "DualChunk(chunkSize 40, localSize 10)",
      attention: "chunked",
      capacity: null,
      notices: [],
    });
    expect((await read("--method", "none"))["notices"]).toContain(notice);
    const { stdout } = await ropewalk("inspect", model, "--method", "dual-chunk");
    expect(stdout).toMatch(/config states +DualChunk\(chunkSize 40, localSize 10\) for up to 512 tokens/);
    expect(stdout).toMatch(/attention +by chunks of 30 tokens/);
  });

  it("gives way to numbers of the flags, and checks them with its own", async () => {
    const wrong = await ropewalk("inspect", model, "--method", "dual-chunk", "--local-size", "40");
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toContain("dualChunk: localSize must be < chunkSize 40, got 40");
    const none = await ropewalk("inspect", qwen3, "--method", "dual-chunk");
    expect(none.stderr).toContain("--method dual-chunk needs a --position-chunk, got none");
  });
});
