/** Weights rounded at load and by `ropewalk convert`: the same tokens, smaller files, nothing left behind. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { ropewalk, scratch } from "../run.ts";

const generate = async (model: string, ...args: readonly string[]): Promise<readonly number[]> => {
  const { stdout } = await ropewalk("generate", model, "Once upon a time", "--max-new-tokens", "30", "--json", ...args);
  return (JSON.parse(stdout) as { readonly ids: readonly number[] }).ids;
};

const temporary = (): readonly string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("ropewalk-q"));

describe("convert", () => {
  it.each(["q4", "q8"])("writes a folder in %s that gives what rounding at load gives", async (precision) => {
    const output = join(scratch, precision);
    const before = temporary();
    const { stdout, code } = await ropewalk("convert", "stories260K", "--quantize", precision, "--output", output);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${output}: \\d+ kB in 4 files, weights in ${precision}\n$`));
    expect(readdirSync(output).toSorted()).toEqual([
      "config.json",
      "model.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    expect(statSync(join(output, "model.safetensors")).size).toBeLessThan(
      statSync(resolve("packages/tiny-models/stories260K/model.safetensors")).size / 2,
    );
    const tokens = await generate(output);
    expect(tokens).toHaveLength(30);
    expect(await generate("stories260K", "--quantize", precision)).toEqual(tokens);
    expect(temporary()).toEqual(before);
    const { stdout: report } = await ropewalk("inspect", output, "--json");
    expect(JSON.parse(report)).toMatchObject({ parameters: 260_032, weightBytes: { float32: 4 * 260_032 } });
  });

  it("runs on wasm too", async () => {
    expect(await generate("stories260K", "--quantize", "q8", "--backend", "wasm")).toEqual(
      await generate("stories260K", "--quantize", "q8"),
    );
  });

  const full = join(scratch, "full");
  mkdirSync(full, { recursive: true });
  writeFileSync(join(full, "notes.txt"), "mine");
  const q4 = join(scratch, "again");

  it.each([
    [["stories260K", "--quantize", "q4"], "error: required option '--output <folder>' not specified"],
    [["stories260K", "--output", join(scratch, "x")], "convert: --quantize or --adapter must be given, got neither"],
    [["stories260K", "--quantize", "q5", "--output", join(scratch, "x")], "Allowed choices are q4, q8."],
    [
      ["stories260K", "--quantize", "q4", "--output", full],
      `ropewalk: writeFolder: ${full} must be an empty folder, got 1 files`,
    ],
  ])("refuses %j", async (args, message) => {
    const { stdout, stderr, code } = await ropewalk("convert", ...args);
    expect({ stdout, failed: code !== 0 }).toEqual({ stdout: "", failed: true });
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain(message);
    expect(existsSync(join(scratch, "x"))).toBe(false);
    expect(readFileSync(join(full, "notes.txt"), "utf8")).toBe("mine");
  });

  it("refuses to round what is rounded", async () => {
    await ropewalk("convert", "stories260K", "--quantize", "q4", "--output", q4);
    const { stderr, code } = await ropewalk("convert", q4, "--quantize", "q8", "--output", join(scratch, "twice"));
    expect(code).toBe(1);
    expect(stderr).toBe(
      "ropewalk: quantize: again must not be quantized already, got weights in 4 and 8 bits; without quantize (--quantize) it runs as it is stored\n",
    );
  });
});
