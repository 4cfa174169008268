import {
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  ftruncateSync,
  writeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode, encode } from "@ropewalk/graph";
import { selfExtend } from "@ropewalk/context-extension";
import { exportPath } from "@ropewalk/testing/exports/export-files";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { extendFolder, trainedContextOf } from "../../src/node.ts";

const extension = selfExtend({ groupSize: 2, window: 16 });

const makeWritable = (path: string): void => chmodSync(path, 0o755);

describe("a folder", () => {
  let root: string;
  let from: string;
  let to: string;
  beforeEach(() => {
    root = scratchFolder();
    [from, to] = [join(root, "from"), join(root, "to")];
    cpSync(exportPath("genai-cpu-llama"), from, { recursive: true });
    for (const file of ["", ...readdirSync(from)]) makeWritable(join(from, file));
    writeFileSync(join(from, "tokenizer.json"), "{}");
    writeFileSync(join(from, "tokenizer_config.json"), JSON.stringify({ model_max_length: 64, bos_token: "<s>" }));
    writeFileSync(
      join(from, "genai_config.json"),
      JSON.stringify({
        model: { context_length: 64, decoder: { filename: "model.onnx", sliding_window: { window_size: 24 } } },
        search: { max_length: 64, past_present_share_buffer: true },
      }),
    );
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const json = (file: string): unknown => JSON.parse(readFileSync(join(to, file), "utf8"));

  it("is written with its model and configs anew and the rest as it was", async () => {
    const { capacity, dataFiles, files, linked, numLayers, trainedContext } = await extendFolder(
      { extension },
      from,
      to,
    );
    expect({ capacity, numLayers, trainedContext }).toEqual({ capacity: 112, numLayers: 3, trainedContext: 64 });
    expect([...files].sort()).toEqual(readdirSync(to).sort());
    expect(json("config.json")).toMatchObject({ max_position_embeddings: 112, hidden_size: 64 });
    expect(json("genai_config.json")).toEqual({
      model: { context_length: 112, decoder: { filename: "model.onnx" } },
      search: { max_length: 112, past_present_share_buffer: false },
    });
    // A tokenizer would cut longer prompts.
    expect(json("tokenizer_config.json")).toEqual({ model_max_length: 112, bos_token: "<s>" });
    expect(json("tokenizer.json")).toEqual({});
    expect(dataFiles).toEqual(["model.onnx_data"]);
    expect(linked).toEqual([]);
    expect(readFileSync(join(to, "model.onnx_data"))).toEqual(readFileSync(join(from, "model.onnx_data")));
    // Copies, not links: programs that refuse files with several names take both folders, and a change here leaves the source as it was.
    for (const folder of [from, to])
      for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).nlink).toBe(1);
  });

  it("has a model that gives out its attention on request", async () => {
    const outputs = (): readonly string[] =>
      decode(readFileSync(join(to, "model.onnx"))).graph!.output.map(({ name }) => name);
    await extendFolder({ extension: {}, attentions: "entropies" }, from, to);
    expect(outputs().slice(-3)).toEqual([0, 1, 2].map((layer) => `decoder_attentions.${layer}`));
    rmSync(to, { recursive: true });
    await expect(extendFolder({ extension, attentions: "all" as never }, from, to)).rejects.toThrow("got all");
    expect(() => statSync(to)).toThrow();
  });

  it("for generation's cache cannot be run by GenAI, and a notice says so", async () => {
    const { files, notices } = await extendFolder({ extension, runtime: "ropewalk", cache: "q8" }, from, to);
    expect([...files].sort()).toEqual(readdirSync(to).sort());
    expect(files).not.toContain("genai_config.json");
    expect(files).toContain("tokenizer.json");
    expect(notices).toEqual([
      "genai_config.json is left out: ONNX Runtime GenAI does not keep the cache of generation",
    ]);
    expect(json("config.json")).toMatchObject({ ropewalk: { trainedContext: 64 } });
    expect(await trainedContextOf({}, to)).toBe(64);
    rmSync(to, { recursive: true });
    await expect(extendFolder({ extension, runtime: "none" as never }, from, to)).rejects.toThrow(
      'extendFolder: runtime must be one of portable, ropewalk, got "none"',
    );
    expect(() => statSync(to)).toThrow();
  });

  it("keeps a model where it lies, with its config at the top", async () => {
    const nested = join(root, "nested");
    cpSync(from, join(nested, "onnx"), { recursive: true });
    cpSync(join(from, "config.json"), join(nested, "config.json"));
    rmSync(join(nested, "onnx", "config.json"));
    const { files } = await extendFolder({ extension }, nested, to);
    expect(files).toEqual(expect.arrayContaining(["onnx/model.onnx", "config.json", "onnx/model.onnx_data"]));
  });

  it("is refused if a file is missing, and nothing is written", async () => {
    const refused = async (message: string): Promise<void> => {
      await expect(extendFolder({ extension }, from, to)).rejects.toThrow(message);
      expect(() => statSync(to)).toThrow();
    };
    const data = join(from, "model.onnx_data");
    const whole = readFileSync(data);
    writeFileSync(data, whole.subarray(0, 1000));
    await refused('the file "model.onnx_data" must have');
    rmSync(data);
    await refused("no such file");
    writeFileSync(data, whole);
    writeFileSync(join(from, "config.json"), "{");
    await refused("must be JSON");
    rmSync(join(from, "config.json"));
    await refused("must have a config.json");
    rmSync(join(from, "model.onnx"));
    await refused("must have a file model.onnx or onnx/model.onnx");
    await expect(extendFolder({ extension }, join(root, "none"), to)).rejects.toThrow("source must be a folder");
  });

  it("knows the window that its export was trained on, extended or not", async () => {
    expect(await trainedContextOf({}, from)).toBe(64);
    await extendFolder({ extension }, from, to);
    expect(await trainedContextOf({}, to)).toBe(64);
    await expect(trainedContextOf({ model: "other.onnx" }, from)).rejects.toThrow("must have a file other.onnx");
  });

  it("is not written over", async () => {
    await expect(extendFolder({ extension }, from, from)).rejects.toThrow("target must lie outside of source");
    await expect(extendFolder({ extension }, from, root)).rejects.toThrow("target must be empty or absent");
    await expect(extendFolder({ extension, model: "../model.onnx" }, from, to)).rejects.toThrow("must have a file");
  });

  it("has its weights as hard links on request, with a notice; the rest is copied", async () => {
    const { linked, notices } = await extendFolder({ extension, link: true }, from, to);
    expect(linked).toEqual(["model.onnx_data"]);
    expect(notices).toEqual([
      "model.onnx_data is a hard link to the source's: what writes to one changes both, and ONNX's own checker and onnx.load " +
        "refuse both",
    ]);
    expect(statSync(join(to, "model.onnx_data")).ino).toBe(statSync(join(from, "model.onnx_data")).ino);
    expect(statSync(join(to, "tokenizer.json")).nlink).toBe(1);
    await expect(extendFolder({ extension, link: "yes" as never }, from, join(root, "x"))).rejects.toThrow(
      "extendFolder: link must be true or false, got yes",
    );
  });

  const memory = "/dev/shm";
  it.runIf(existsSync(memory) && statSync(memory).dev !== statSync(tmpdir()).dev)(
    "is not written where links are asked for and the disk is another",
    async () => {
      const elsewhere = mkdtempSync(join(memory, "onnx-exports-"));
      try {
        await expect(extendFolder({ extension, link: true }, from, join(elsewhere, "to"))).rejects.toThrow(
          /extendFolder: .*to\/model\.onnx_data could not be written: EXDEV/,
        );
        expect(readdirSync(elsewhere)).toEqual([]);
        expect((await extendFolder({ extension }, from, join(elsewhere, "to"))).linked).toEqual([]);
      } finally {
        rmSync(elsewhere, { recursive: true });
      }
    },
  );

  it("with 4 GB of weights is linked, not read", async () => {
    const model = decode(readFileSync(join(from, "model.onnx")));
    const far = 4 * 1024 ** 3;
    for (const { externalData } of model.graph!.initializer) {
      const offset = externalData.find(({ key }) => key === "offset")!;
      offset.value = String(Number(offset.value) + far);
    }
    writeFileSync(join(from, "model.onnx"), encode(model));
    const weights = readFileSync(join(from, "model.onnx_data"));
    const file = openSync(join(from, "model.onnx_data"), "r+");
    ftruncateSync(file, far + 600_000);
    // Only rows of the rotary tables are read.
    writeSync(file, weights, 0, weights.length, far);
    closeSync(file);
    const before = process.memoryUsage().rss;
    await extendFolder({ extension, link: true }, from, to);
    expect(statSync(join(to, "model.onnx_data")).size).toBe(far + 600_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(500e6);
  });
});
