/** Which of the files that a page is given are the model. */
import { thrownBy } from "@ropewalk/testing/thrown";
import { describe, expect, it } from "vitest";
import { modelOf } from "../src/model/model-of-files.ts";
import { openOrigin } from "../src/model/open-origin.ts";

const both = (name: string) => [name, name] as const;

const at = (...paths: readonly string[]) =>
  paths.map((path) => ({ path, file: new File(["GGUF"], path.split("/").at(-1)!) }));

describe("modelOf", () => {
  it.each<[string, readonly string[], string, string | undefined]>([
    ["a GGUF file", ["x.gguf"], "x.gguf", "x.gguf"],
    ["a suffix in capitals, beside a model's eyes", ["x.GGUF", "mmproj-x-f16.gguf"], "x.GGUF", "x.GGUF"],
    ["a GGUF file in folders", ["a/b/x.gguf", "a/notes.txt"], "x.gguf", "x.gguf"],
    ["a config beside nothing but GGUF", ["a/config.json", "a/x.gguf"], "x.gguf", "x.gguf"],
    ["all parts", ["x-00002-of-00002.gguf", "x-00001-of-00002.gguf"], ...both("x-00001-of-00002.gguf")],
    ["a checkpoint", ["config.json", "model.safetensors"], "dropped", undefined],
    ["a checkpoint beside GGUF", ["a/config.json", "a/model.safetensors", "a/x.gguf"], "a", undefined],
    ["an export", ["a/config.json", "a/onnx/model.onnx"], "a", undefined],
  ])("takes %s", async (_, paths, name, gguf) => {
    const origin = modelOf(at(...paths));
    expect(origin).toMatchObject({ kind: "files", name });
    const folder = await openOrigin(origin);
    expect([folder.name, folder.gguf]).toEqual([name, gguf]);
    const file = await folder.file(gguf ?? "config.json");
    expect(file?.external.kind).toBe("source");
  });

  it.each<[string, readonly string[], RegExp]>([
    ["no model", ["a.txt", "b.txt"], /no config\.json, no \.onnx and no \.gguf file among the 2 files/],
    ["a model's eyes alone", ["mmproj.gguf"], /openFiles: dropped must have a file config\.json, got nothing/],
    ["two GGUF models", ["a.gguf", "b.gguf"], /must have one GGUF model, .* got \["a\.gguf", "b\.gguf"\]/],
    ["two folders", ["a/config.json", "b/config.json"], /more than one model: give one folder of a\/, b\//],
  ])("refuses %s", (_, paths, message) => {
    expect(thrownBy(() => modelOf(at(...paths)))).toMatch(message);
  });
});
