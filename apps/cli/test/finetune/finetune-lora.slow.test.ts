/** An adapter that is learned over weights in 4 bits, written as PEFT does, and run by `--adapter`. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { file, ropewalk, scratch } from "../run.ts";

const text = file(
  "story.txt",
  "Once upon a time, there was a little girl. She had a red ball and a big dog. ".repeat(8),
);
const place = (name: string): string => join(scratch, name);
const small = ["--data", text, "--length", "24", "--batch-size", "2", "--samples", "6", "--learning-rate", "1e-2"];

describe("finetune --lora-rank", () => {
  it("learns an adapter over rounded weights, which runs under what it was learned under", async () => {
    const [base, adapter] = [place("base"), place("adapter")];
    expect((await ropewalk("convert", "stories260K", "--quantize", "q4", "--output", base)).code).toBe(0);
    const args = ["--lora-rank", "2", "--lora-alpha", "4", "--lora-targets", "q_proj,down_proj", "--steps", "6"];
    const learned = await ropewalk("finetune", base, ...small, "--recipe", "entropy-abf", ...args, "--output", adapter);
    expect([learned.stderr.includes("Error"), learned.code]).toEqual([false, 0]);
    expect(learned.stdout).toMatch(/an adapter of rank 2, for\s+--adapter/);
    expect(readdirSync(adapter).toSorted()).toEqual([
      "adapter_config.json",
      "adapter_model.safetensors",
      "ropewalk.json",
    ]);
    const said = await ropewalk("inspect", base, "--adapter", adapter, "--json");
    expect(JSON.parse(said.stdout)).toMatchObject({
      method: "its own extension",
      entropy: "entropy-abf",
      adapters: [{ name: "adapter", scale: 1, matrices: 10, ranks: [2] }],
    });
    const loss = async (...more: readonly string[]): Promise<number> => {
      const run = await ropewalk(
        "perplexity",
        base,
        "--text",
        text,
        "--length",
        "96",
        "--windows",
        "1",
        "--json",
        ...more,
      );
      expect(run.code).toBe(0);
      return (JSON.parse(run.stdout) as { loss: number }).loss;
    };
    expect(await loss("--adapter", adapter)).toBeLessThan(await loss("--method", "entropy-abf"));
  }, 60_000);

  it.each<readonly [args: readonly string[], message: RegExp]>([
    [["--lora-alpha", "4"], /--lora-alpha is read beside --lora-rank alone, got 4/],
    [["--lora-targets", "q_proj"], /--lora-targets is read beside --lora-rank alone, got q_proj/],
    [["--lora-rank", "0"], /rank must be an integer >= 1, got 0/],
    [["--lora-rank", "2", "--lora-targets", "c_attn"], /lora\.targets must each be .* got "c_attn"/],
  ])("refuses %j", async (args, message) => {
    const run = await ropewalk("finetune", "stories260K", ...small, ...args, "--output", place("no"));
    expect([run.stdout, run.code]).toEqual(["", 1]);
    expect(run.stderr.replaceAll("\n", " ")).toMatch(message);
    expect(existsSync(place("no"))).toBe(false);
    expect(existsSync(`${place("no")}.training`)).toBe(false);
  });
});
