/** `--adapter`: beside the weights, several at a scale, merged by convert, and refused by name. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryPath } from "@ropewalk/testing/repository";
import { modelVectors } from "@ropewalk/testing/vectors";
import { describe, expect, it } from "vitest";
import { idsFile, ropewalk, scratch } from "../run.ts";

const vectors = repositoryPath(`${modelVectors}/`);
const [model, lora] = [join(vectors, "tiny/llama"), join(vectors, "lora")];
const golden = JSON.parse(readFileSync(join(lora, "golden-logits.json"), "utf8")) as {
  readonly inputIds: readonly number[];
  readonly logitsLast: readonly number[];
  readonly argmaxAll: readonly number[];
};
const ids = idsFile("adapter.json", golden.inputIds);

const logits = async (...args: readonly string[]): Promise<typeof golden> => {
  const { stdout, stderr, code } = await ropewalk("logits", ...args, "--ids", ids);
  expect([stderr, code]).toEqual(["", 0]);
  const { last, argmaxAll } = JSON.parse(stdout) as { last: readonly number[]; argmaxAll: readonly number[] };
  return { inputIds: golden.inputIds, logitsLast: last, argmaxAll };
};

const expectGolden = ({ logitsLast, argmaxAll }: typeof golden): void => {
  expect(argmaxAll).toEqual(golden.argmaxAll);
  for (const [at, logit] of logitsLast.entries()) expect(Math.abs(logit - golden.logitsLast[at]!)).toBeLessThan(2e-3);
};

describe("--adapter", () => {
  it("gives PEFT's logits, whole or in parts", async () => {
    expectGolden(await logits(model, "--adapter", lora));
    expectGolden(await logits(model, "--adapter", `${lora}=0.25`, "--adapter", `${lora}=0.75`));
  });

  it("is merged by convert", async () => {
    const merged = join(scratch, "merged");
    const said = await ropewalk("convert", model, "--adapter", lora, "--output", merged, "--json");
    expect(JSON.parse(said.stdout)).toMatchObject({ quantize: null, adapters: [{ source: lora, scale: 1 }] });
    expectGolden(await logits(merged));
    expect(existsSync(join(merged, "adapter_config.json"))).toBe(false);
  });

  it("is said by inspect", async () => {
    const { stdout } = await ropewalk("inspect", model, "--adapter", `${lora}=2`, "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      adapters: [{ name: "lora", scale: 2, matrices: 12, ranks: [4], parameters: 6912 }],
    });
  });

  it("is merged into the weights that rounded ones were made of, and not into these", async () => {
    const [rounded, merged] = [join(scratch, "rounded"), join(scratch, "rounded-merged")];
    expect((await ropewalk("convert", model, "--quantize", "q8", "--output", rounded)).code).toBe(0);
    for (const quantize of [[], ["--quantize", "q4"]]) {
      const { stderr, code } = await ropewalk("convert", rounded, ...quantize, "--adapter", lora, "--output", merged);
      expect(code).toBe(1);
      expect(stderr).toContain(
        "quantize: rounded must not be quantized already, for adapters are merged into the weights that it was rounded from, got ",
      );
    }
    const args = ["--quantize", "q8", "--adapter", lora, "--output", merged];
    expect((await ropewalk("convert", model, ...args)).code).toBe(0);
  });

  it.each<readonly [args: readonly string[], message: string]>([
    [["inspect", lora], "got an adapter, which is loaded beside the model that it was learned for"],
    [["logits", model, "--ids", ids, "--adapter", join(scratch, "none")], "none must be a folder, got nothing"],
    [["logits", model, "--ids", ids, "--adapter", `${lora}=much`], "must be <folder>, or <folder>=<scale>"],
    [["logits", model, "--ids", ids, "--adapter", model], "must have adapter_config.json, got nothing"],
    [
      ["logits", "stories260K", "--ids", ids, "--adapter", lora],
      "must be [4, 172] beside model.layers.0.mlp.down_proj",
    ],
    [["convert", model, "--output", join(scratch, "nothing")], "--quantize or --adapter must be given, got neither"],
  ])("refuses %j", async (args, message) => {
    const { stdout, stderr, code } = await ropewalk(...args);
    expect([stdout, code]).toEqual(["", 1]);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).toContain(message);
  });
});
