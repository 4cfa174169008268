/** Files of a page as a folder. */
import { thrownBy } from "@ropewalk/testing/thrown";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openFiles, type FileLike } from "../../src/index.ts";

const named = (name: string, webkitRelativePath?: string): FileLike => ({
  name,
  size: 4,
  slice: (from, to) => new Blob(["GGUF"]).slice(from, to),
  ...(webkitRelativePath !== undefined && { webkitRelativePath }),
});

describe("openFiles", () => {
  it("takes the one GGUF model, whole or in parts, for the model", async () => {
    const folder = openFiles([named("b-00002-of-00002.gguf"), named("b-00001-of-00002.gguf"), named("README.md")]);
    expect([folder.name, folder.gguf]).toEqual(["b-00001-of-00002.gguf", "b-00001-of-00002.gguf"]);
    const file = await folder.file("b-00002-of-00002.gguf");
    expect(file?.external).toEqual({ kind: "source", file: "b-00002-of-00002.gguf" });
    expect(await folder.file("c.gguf")).toBeUndefined();
  });

  it("knows the files of a chosen folder by their places in it", async () => {
    const files = [
      named("config.json", "mine/config.json"),
      named("model.onnx", "mine/onnx/model.onnx"),
      named("x.gguf"),
    ];
    const folder = openFiles(files);
    expect([folder.name, folder.gguf]).toEqual(["mine", undefined]);
    expect(await folder.file("onnx/model.onnx")).toBeDefined();
    expect(await folder.file("model.onnx")).toBeUndefined();
  });

  it("reads any range of any file", async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 64 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.nat(64), fc.nat(64), async (data, a, b) => {
        const [from, to] = [a, b].map((at) => at % (data.length + 1)).toSorted((x, y) => x - y) as [number, number];
        const folder = openFiles([new File([data as Uint8Array<ArrayBuffer>], "a.gguf")]);
        const { source } = (await folder.file("a.gguf"))!;
        expect(source.size).toBe(data.length);
        expect(await source.read(from, to)).toEqual(data.slice(from, to));
      }),
      { numRuns: 50 },
    );
  });

  it("names a file that cannot be read any more", async () => {
    const gone = { arrayBuffer: () => Promise.reject(new DOMException("it has changed", "NotReadableError")) };
    const file = await openFiles([{ name: "a.gguf", size: 4, slice: () => gone }]).file("a.gguf");
    await expect(file!.source.read(0, 4)).rejects.toThrow(
      "openFiles: a.gguf must be a file that can be read, got NotReadableError: it has changed",
    );
  });

  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /^TypeError: openFiles: files must be a list of Files, got nothing$/],
    ["one File", new File(["GGUF"], "a.gguf"), /^TypeError: openFiles: files must be a list of Files, got a File$/],
    ["a path", "a.gguf", /^TypeError: openFiles: files must be a list of Files, got "a.gguf"$/],
    ["paths", ["a.gguf"], /^TypeError: openFiles: files\[0\] must be a File, got "a.gguf"$/],
    ["a Blob without a name", [new Blob(["GGUF"])], /^TypeError: openFiles: files\[0\] must be a File, got a Blob$/],
    ["no file", [], /^RangeError: openFiles: the files must have a file config.json, got nothing$/],
    ["two models", [named("a.gguf"), named("b.gguf")], /must have one GGUF model, .* got \["a.gguf", "b.gguf"\]$/],
    ["one name twice", [named("a.gguf"), named("a.gguf")], /^RangeError: .* names of their own, got "a.gguf"$/],
  ])("refuses %s", (_, files, message) => {
    expect(thrownBy(() => openFiles(files as FileLike[]))).toMatch(message);
  });
});
