/** The commands on ONNX exports: the tokens and logits of the checkpoint that they were made of. */
import { cpSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { onnxExports, tinyCheckpoints } from "@ropewalk/testing/vectors";
import { afterAll, describe, expect, it } from "vitest";
import { idsFile, ropewalk, scratch } from "../run.ts";

const name = "torch-dynamo-llama";
const exported = resolve(onnxExports, name);
const checkpoint = resolve(`${tinyCheckpoints}/llama`);
const prompt = idsFile(
  "prompt.json",
  Array.from({ length: 90 }, (_, i) => 3 + ((i * 7) % 100)),
);
const extended = ["--method", "self-extend", "--group-size", "4", "--window", "16", "--entropy", "log-n"];
afterAll(() => rmSync(scratch, { recursive: true }));

const output = async (...args: readonly string[]): Promise<string> => {
  const { stdout, stderr, code } = await ropewalk(...args);
  expect(code, stderr).toBe(0);
  return stdout;
};

const generate = async (model: string, ...args: readonly string[]): Promise<readonly number[]> => {
  const run = ["--ids", prompt, "--max-new-tokens", "20", "--stop-tokens", "0", "--json"];
  return (JSON.parse(await output("generate", model, ...run, ...args)) as { readonly ids: readonly number[] }).ids;
};

/** The names that a model is measured under. */
const benched = async (model: string, ...options: readonly string[]): Promise<readonly string[]> => {
  const short = ["--contexts", "32", "--steps", "2", "--rounds", "1", "--json", "--threads", "1"];
  const { runs } = JSON.parse(await output("bench", model, ...short, ...options)) as {
    readonly runs: readonly { readonly method: string }[];
  };
  return runs.map(({ method }) => method);
};

describe("an export", () => {
  it("generates what its checkpoint does, by its folder or by the path of its model", async () => {
    const tokens = await generate(checkpoint, ...extended);
    expect(tokens).toHaveLength(20);
    expect(await generate(exported, ...extended)).toEqual(tokens);
    expect(await generate(join(exported, "model.onnx"), ...extended, "--backend", "wasm")).toEqual(tokens);
    const nested = join(scratch, "nested");
    mkdirSync(join(nested, "onnx"), { recursive: true });
    cpSync(join(exported, "config.json"), join(nested, "config.json"));
    for (const file of readdirSync(exported).filter((one) => one.startsWith("model.onnx")))
      cpSync(join(exported, file), join(nested, "onnx", file));
    renameSync(join(nested, "onnx", "model.onnx"), join(nested, "onnx", "model_fp32.onnx"));
    expect(await generate(join(nested, "onnx", "model_fp32.onnx"), ...extended)).toEqual(tokens);
    // Where a model must be named, the command says so.
    expect((await ropewalk("generate", nested, "--ids", prompt)).stderr).toBe(
      "ropewalk: openModel: nested must have weights in safetensors, or model.onnx or onnx/model.onnx, got none\n",
    );
  });

  it("has its checkpoint's logits", async () => {
    type Logits = { readonly last: readonly number[]; readonly argmaxAll: readonly number[] };
    const [ours, theirs] = await Promise.all(
      [exported, checkpoint].map(
        async (model) => JSON.parse(await output("logits", model, "--ids", prompt, ...extended)) as Logits,
      ),
    );
    expect(ours!.argmaxAll).toEqual(theirs!.argmaxAll);
    ours!.last.forEach((logit, token) => expect(Math.abs(logit - theirs!.last[token]!)).toBeLessThan(1e-4));
  });

  it("is inspected, in lines and in JSON", async () => {
    const sizes = (file: string): number => readFileSync(join(exported, file)).length;
    const report = JSON.parse(await output("inspect", exported, "--length", "200", "--json")) as Record<
      string,
      unknown
    >;
    const data = readdirSync(exported).filter((file) => file === "model.onnx_data");
    expect(report).toMatchObject({
      family: null,
      numLayers: 3,
      numHeads: 4,
      numKvHeads: 2,
      headDim: 16,
      trainedContext: 64,
      modelBytes: sizes("model.onnx"),
      dataBytes: data.reduce((sum, file) => sum + sizes(file), 0),
      extendedBy: "nothing",
      positions: "SelfExtend(groupSize 7, window 16)",
      capacity: 350,
    });
    const lines = await output("inspect", exported, "--length", "200");
    expect(lines).toMatch(/^family +an ONNX export, 3 layers, 4 heads \(2 key-value\) of 16$/m);
    expect(lines).toMatch(/^weights, stored +.* in the model, .* beside it$/m);
    expect(lines).toMatch(/^extended by +nothing$/m);
  });

  it("runs in perplexity and bench", async () => {
    expect(await benched(exported)).toEqual(["none", "self-extend"]);
    const text = join(scratch, "text.txt");
    writeFileSync(text, "Once upon a time");
    expect((await ropewalk("perplexity", exported, "--text", text)).stderr).toMatch(/must have .*tokenizer/);
  });

  it("keeps its weights as they are", async () => {
    const { stdout, stderr, code } = await ropewalk("generate", exported, "--ids", prompt, "--quantize", "q4");
    expect({ stdout, stderr, code }).toEqual({
      stdout: "",
      stderr: `ropewalk: quantize: ${name} must be a checkpoint in safetensors, got an ONNX export\n`,
      code: 1,
    });
    const converted = await ropewalk("convert", exported, "--quantize", "q4", "--output", join(scratch, "never"));
    expect(converted.stderr).toContain(`convert: ${name} must be a checkpoint in safetensors, got an ONNX export`);
  });
});

describe("an extended export", () => {
  it("with scaled frequencies runs as its checkpoint does under the same, by flags or from a file", async () => {
    const folder = join(scratch, "scaled");
    const yarn = ["--method", "yarn", "--factor", "4", "--beta-fast", "16", "--method", "self-extend"];
    const scaled = [...yarn, "--group-size", "2", "--window", "16"];
    const made = JSON.parse(await output("extend", exported, ...scaled, "--output", folder, "--json")) as object;
    expect(made).toMatchObject({ method: "yarn+self-extend", groupSize: 2, capacity: 2 * (4 * 64 - 16 + 16 / 2) });
    const tokens = await generate(checkpoint, ...scaled);
    expect(await generate(folder)).toEqual(tokens);
    const record = join(scratch, "record.json");
    writeFileSync(record, await output("inspect", checkpoint, ...scaled, "--json"));
    expect(await generate(checkpoint, "--extension", record)).toEqual(tokens);
    // A length beyond what they reach together is refused before anything is written.
    const { stderr } = await ropewalk(
      "extend",
      exported,
      ...scaled,
      "--length",
      "497",
      "--output",
      join(scratch, "no"),
    );
    expect(stderr).toBe(
      "ropewalk: extend: --length must be at most 496, the capacity of SelfExtend(groupSize 2, window 16), " +
        "yarn(factor 4, originalContext 64, betaFast 16) on a window of 64, got 497\n",
    );
  });

  it("written for any runtime has its own extension where none is asked for", async () => {
    const folder = join(scratch, "portable");
    await output("extend", exported, ...extended, "--output", folder);
    expect(await generate(folder)).toEqual(await generate(checkpoint, ...extended));
    expect(await output("inspect", folder)).toMatch(/^extended by +SelfExtend\(groupSize 4, window 16\), log-n$/m);
    const other = ["--method", "re-rope", "--window", "16"];
    expect(await generate(folder, ...other)).toEqual(await generate(checkpoint, ...other));
    // It is inspected as extended, as it runs, unless something else is asked for; then the change is said.
    const report = JSON.parse(await output("inspect", folder, "--length", "100", "--json")) as Record<string, unknown>;
    expect(report).toMatchObject({
      method: "its own extension",
      positions: "SelfExtend(groupSize 4, window 16)",
      groupSize: 4,
      window: 16,
      entropy: "log-n",
      capacity: 208,
      trainedContext: 64,
      notices: [],
      extension: {
        positions: { kind: "self-extend", groupSize: 4, window: 16 },
        entropy: { kind: "log-n", trainedContext: 64 },
      },
    });
    const lines = await ropewalk("inspect", folder, "--length", "100", ...other);
    expect(lines.stdout).toMatch(/^for 100 tokens +ReRoPE\(window 16\)$/m);
    expect(lines.stderr).toBe(
      "portable's own extension is off (SelfExtend(groupSize 4, window 16), log-n): re-rope is in its place\n",
    );
    expect(await benched(folder, "--method", "none")).toEqual(["none", "its own extension"]);
  });

  it.each(["float32", "q8"])("written for ropewalk with a cache in %s runs on that alone", async (cache) => {
    const folder = join(scratch, cache);
    const asked = ["--runtime", "ropewalk", ...(cache === "q8" ? ["--cache", "q8"] : [])];
    expect(await output("extend", exported, ...extended, ...asked, "--output", folder)).toMatch(/^runtime +ropewalk$/m);
    const tokens = await generate(checkpoint, ...extended, "--cache", cache);
    expect(await generate(folder, "--cache", cache)).toEqual(tokens);
    const { stderr, code } = await ropewalk(
      ...["generate", folder, "--ids", prompt, "--cache", cache === "q8" ? "float32" : "q8"],
    );
    expect({ stderr, code }).toEqual({
      stderr: `ropewalk: loadExport: a model that was written for a cache in ${cache} must have one, got ${cache === "q8" ? "float32" : "q8"}\n`,
      code: 1,
    });
  });

  it("has a cache of its own only where ropewalk keeps it", async () => {
    const refused = await ropewalk(
      "extend",
      exported,
      ...extended,
      "--cache",
      "q8",
      "--output",
      join(scratch, "never"),
    );
    expect(refused.stderr).toBe(
      'ropewalk: extendFolder: cache must be absent for runtime "portable", where the caller keeps it, got q8\n',
    );
  });
});
