/** `ropewalk extend`: a folder that transformers.js runs, with the tokens of `ropewalk generate` on the checkpoint. */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { env } from "@huggingface/transformers";
import { decode, encode, tape } from "@ropewalk/graph";
import { continued, load } from "@ropewalk/testing/transformers-js";
import { onnxExports, tinyCheckpoints } from "@ropewalk/testing/vectors";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { file, idsFile, ropewalk, scratch } from "../run.ts";

const exports = resolve(onnxExports);
const checkpoints = resolve(tinyCheckpoints);
const ids = Array.from({ length: 90 }, (_, i) => 3 + ((i * 7) % 100));
const chosen = ["--method", "self-extend", "--group-size", "4", "--window", "16", "--entropy", "log-n"];
const output = (name: string): string => join(scratch, "extended", name);
const extend = (name: string, path: string, ...args: readonly string[]) =>
  ropewalk("extend", path, "--output", output(name), ...args);

/** A copy that may be changed. */
const copy = (name: string): string => {
  const target = join(scratch, name);
  cpSync(join(exports, "genai-cpu-llama"), target, { recursive: true });
  for (const entry of readdirSync(target)) chmodSync(join(target, entry), 0o644);
  return target;
};

beforeAll(() => void Object.assign(env, { allowRemoteModels: false, localModelPath: join(scratch, "extended") }));
afterAll(() => rmSync(scratch, { recursive: true }));

describe("a written folder", () => {
  it.each([
    ["genai-cpu-llama", "llama"],
    ["torch-dynamo-llama", "llama"],
    ["genai-cpu-phi", "phi"],
  ])("of %s runs in transformers.js past its window, token for token", async (name, family) => {
    const { code, stderr } = await extend(name, join(exports, name), ...chosen);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const model = await load(name, { subfolder: "" });
    const tokens = await continued(model, ids, 20);
    await model.dispose();
    const { stdout } = await ropewalk(
      ...["generate", join(checkpoints, family), "--ids", idsFile(`${name}.json`, ids), "--json"],
      ...["--max-new-tokens", "20", "--stop-tokens", "0", ...chosen],
    );
    expect((JSON.parse(stdout) as { ids: number[] }).ids).toEqual(tokens);
  });

  it("is reported, in lines and in JSON", async () => {
    const folder = copy("reported");
    const { stdout } = await extend("lines", folder, "--length", "100");
    expect(stdout).toBe(
      [
        `${output("lines").padEnd(18)} 4 files`,
        "rewritten          attention of 3 layers in model.onnx",
        "positions          SelfExtend(groupSize 4, window 16)",
        "trained window     64 tokens",
        "capacity           208 tokens",
        "weights            model.onnx_data, copied",
        "",
      ].join("\n"),
    );
    const { stdout: asLinks, stderr } = await extend("links", folder, "--length", "100", "--link");
    expect(asLinks).toMatch(/^weights +model\.onnx_data, linked$/m);
    expect(stderr).toContain("model.onnx_data is a hard link to the source's: what writes to one changes both");
    // By the path of the model, and a method without groups.
    const { stdout: report } = await extend("json", join(folder, "model.onnx"), "--method", "re-rope", "--json");
    expect(JSON.parse(report)).toMatchObject({
      model: "model.onnx",
      method: "re-rope",
      window: 16,
      positions: "ReRoPE(window 16)",
      entropy: "none",
      trainedContext: 64,
      numLayers: 3,
      dataFiles: ["model.onnx_data"],
      notices: [],
    });
  });

  it("gives out attention maps or entropies when asked, of a model with its own positions too", async () => {
    const { stdout } = await extend("maps", copy("asked"), "--method", "none", "--attentions", "maps");
    expect(stdout).toMatch(/^attentions +maps$/m);
    const again = await extend("bare", output("maps"), "--length", "100", "--replace", "--json");
    expect(JSON.parse(again.stdout)).not.toHaveProperty("attentions");
    const outputs = (name: string): readonly string[] =>
      decode(readFileSync(join(output(name), "model.onnx"))).graph!.output.map((found) => found.name);
    expect(outputs("maps").filter((name) => name.startsWith("decoder_attentions."))).toHaveLength(3);
    expect(outputs("bare").filter((name) => name.startsWith("decoder_attentions."))).toEqual([]);
  });

  it("keeps the model's place below its config.json", async () => {
    const folder = join(scratch, "nested");
    mkdirSync(folder);
    cpSync(copy("inner"), join(folder, "onnx"), { recursive: true });
    cpSync(join(folder, "onnx", "config.json"), join(folder, "config.json"));
    rmSync(join(folder, "onnx", "config.json"));
    const { code } = await extend("nested", join(folder, "onnx", "model.onnx"), "--length", "100");
    expect(code).toBe(0);
    expect(existsSync(join(output("nested"), "onnx", "model.onnx_data"))).toBe(true);
    expect(readFileSync(join(output("nested"), "config.json"), "utf8")).toContain('"max_position_embeddings": 208');
  });

  it("is extended anew with --replace, by the window that the export was trained on", async () => {
    await extend("once", copy("source"), "--length", "100");
    const { stderr, code } = await extend("refused", output("once"), "--length", "300");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ropewalk: extendFolder: a model must not be extended twice .*SelfExtend.*\n$/);
    const { stdout } = await extend("twice", output("once"), "--length", "300", "--replace", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ trainedContext: 64, groupSize: 11, window: 16, capacity: 539 });
  });
});

describe("refuses, in one line, and writes nothing:", () => {
  const source = copy("good");
  const several = copy("several");
  cpSync(join(several, "model.onnx"), join(several, "model_q4.onnx"));
  const configless = copy("configless");
  rmSync(join(configless, "config.json"));
  const encoder = copy("encoder");
  const t = tape();
  t.output("y", t.op("Softmax", [t.input("x", "float32", ["batch", 8])], { axis: -1 }));
  writeFileSync(join(encoder, "model.onnx"), encode(t.model()));
  const noise = copy("noise");
  writeFileSync(join(noise, "model.onnx"), "no model at all");
  const dataless = copy("dataless");
  rmSync(join(dataless, "model.onnx_data"));
  const full = join(scratch, "full");
  mkdirSync(full);
  file("full/mine.txt", "mine");

  const length = ["--length", "100"];
  it.each<readonly [string, readonly string[], RegExp]>([
    ["a folder that is not there", [join(scratch, "nowhere"), ...length], /nowhere must be a folder or a model's file/],
    [
      "a folder without a model",
      [join(checkpoints, "llama"), ...length],
      /must have an \.onnx file, got none; a checkpoint/,
    ],
    ["several models", [several, ...length], /several models.*model\.onnx, model_q4\.onnx/],
    ["no config.json", [configless, ...length], /must have a config\.json, got none/],
    ["a model that is no decoder", [encoder, ...length], /a model must be a decoder with attention/],
    ["a file that is no model", [noise, ...length], /not a protobuf message of the ONNX format/],
    ["weights that are missing", [dataless, ...length], /"model\.onnx_data" must have .* got no such file/],
    ["neither length nor group size", [source], /needs a --group-size, or a --length/],
    ["a length beyond the capacity", [source, "--length", "500", "--group-size", "2"], /must be at most 112.*got 500/],
    ["attentions of another name", [source, ...length, "--attentions", "all"], /--attentions.*all.*maps, entropies/],
    ["an unknown method", [source, "--method", "magic"], /magic.*self-extend/],
    [
      "a flag that the method does not read",
      [source, "--method", "re-rope", "--group-size", "2"],
      /--group-size is not read/,
    ],
    ["W = 0", [source, "--group-size", "2", "--window", "0"], /window must be.*got 0/],
    ["a window beyond the trained one", [source, "--group-size", "2", "--window", "65"], /65/],
  ])("%s", async (_, args, message) => {
    const { stdout, stderr, code } = await extend("never", ...(args as readonly [string]));
    expect({ stdout, failed: code !== 0, lines: stderr.trim().split("\n").length }).toEqual({
      stdout: "",
      failed: true,
      lines: 1,
    });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/onnxruntime|ONNX Runtime| {4}at /i);
    expect(existsSync(output("never"))).toBe(false);
  });

  it.each<readonly [string, string, RegExp]>([
    ["an output with files in it", full, /target must be empty or absent.*1 files/],
    ["the source as output", source, /target must lie outside of source/],
    ["an output inside of the source", join(source, "new"), /target must lie outside of source/],
  ])("%s", async (_, target, message) => {
    const before = readdirSync(source);
    const { stdout, stderr, code } = await ropewalk("extend", source, ...length, "--output", target);
    expect({ stdout, code, lines: stderr.trim().split("\n").length }).toEqual({ stdout: "", code: 1, lines: 1 });
    expect(stderr).toMatch(message);
    expect(readdirSync(source)).toEqual(before);
  });
});
