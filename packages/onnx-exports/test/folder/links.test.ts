/** Links, pipes, large trees and misplaced weights in an export's folder, and the folder that is written to. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { decode, encode } from "@ropewalk/graph";
import { selfExtend } from "@ropewalk/context-extension";
import { inMemory } from "@ropewalk/models";
import { exportPath } from "@ropewalk/testing/exports/export-files";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { extendExport, loadExport } from "../../src/index.ts";
import { extendFolder, trainedContextOf } from "../../src/node.ts";

const extension = selfExtend({ groupSize: 2, window: 16 });

let root: string;
let from: string;
let to: string;
beforeEach(() => {
  root = scratchFolder();
  [from, to] = [join(root, "from"), join(root, "to")];
  cpSync(exportPath("genai-cpu-llama"), from, { recursive: true });
  for (const file of ["", ...readdirSync(from)]) chmodSync(join(from, file), 0o755);
  for (const file of ["io.json", "expected.json"]) rmSync(join(from, file));
  writeFileSync(join(from, "tokenizer.json"), "{}");
});
afterEach(() => rmSync(root, { recursive: true }));

const extend = () => extendFolder({ extension }, from, to);
const filesOf = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (readdirSync(folder, { recursive: true }) as string[])
      .filter((file) => statSync(join(folder, file)).isFile())
      .map((file) => [file, readFileSync(join(folder, file), "base64")]),
  );
const refused = async (message: RegExp): Promise<void> => {
  const before = filesOf(from);
  await expect(extend()).rejects.toThrow(message);
  expect(readdirSync(root).filter((name) => name === "to" || name.startsWith("."))).toEqual([]);
  expect(filesOf(from)).toEqual(before);
};

describe("a link in an export's folder", () => {
  it.each(["notes.md", "config.json", "model.onnx", "model.onnx_data", "tokenizer.json", "tokenizer_config.json"])(
    "that leads out is refused: %s",
    async (name) => {
      const outside = join(root, "outside");
      if (existsSync(join(from, name))) renameSync(join(from, name), outside);
      else writeFileSync(outside, "{}");
      symlinkSync(outside, join(from, name));
      await refused(new RegExp(`^extendFolder: "${name}" must lie in ".*from" itself, got a link to ".*outside"`));
    },
  );

  it("that leads out by way of a folder is refused", async () => {
    const nested = join(root, "nested");
    renameSync(from, join(root, "elsewhere"));
    mkdirSync(nested);
    symlinkSync(join(root, "elsewhere"), join(nested, "onnx"));
    cpSync(join(root, "elsewhere", "config.json"), join(nested, "config.json"));
    await expect(extendFolder({ extension }, nested, to)).rejects.toThrow(/"onnx\/model.onnx" must lie in/);
  });

  it("to a file inside becomes a file", async () => {
    mkdirSync(join(from, "assets"));
    writeFileSync(join(from, "assets", "LICENSE"), "free");
    symlinkSync(join("assets", "LICENSE"), join(from, "LICENSE"));
    renameSync(join(from, "model.onnx_data"), join(from, "assets", "data"));
    symlinkSync(join("assets", "data"), join(from, "model.onnx_data"));
    await extend();
    expect(readFileSync(join(to, "LICENSE"), "utf8")).toBe("free");
    expect(readFileSync(join(to, "model.onnx_data"))).toEqual(readFileSync(join(from, "assets", "data")));
  });

  it("of a hub's snapshot leads to a blob of its own, and to no other's", async () => {
    const repository = join(root, "hub", "models--owner--name");
    const snapshot = join(repository, "snapshots", "0123456789".repeat(4));
    mkdirSync(join(repository, "blobs"), { recursive: true });
    mkdirSync(join(snapshot, "onnx"), { recursive: true });
    for (const [index, file] of readdirSync(from).entries()) {
      const blob = join(repository, "blobs", String(index));
      renameSync(join(from, file), blob);
      const place = join(snapshot, file.startsWith("model") ? "onnx" : "", file);
      symlinkSync(relative(dirname(place), blob), place);
    }
    const { files } = await extendFolder({ extension }, snapshot, to);
    expect(files).toContain("onnx/model.onnx_data");
    expect(files.every((file) => statSync(join(to, file)).nlink === 1)).toBe(true);
    const other = join(root, "hub", "models--owner--other", "blobs");
    mkdirSync(other, { recursive: true });
    writeFileSync(join(other, "0"), "secret");
    symlinkSync(join(other, "0"), join(snapshot, "notes.md"));
    await expect(extendFolder({ extension }, snapshot, join(root, "again"))).rejects.toThrow(/"notes.md" must lie in/);
    expect(existsSync(join(root, "again"))).toBe(false);
  });

  it("to a tree, to a folder or to nothing is left out with a notice, and so is a pipe; none is walked or opened", async () => {
    symlinkSync("/", join(from, "everything"));
    symlinkSync(".", join(from, "itself"));
    symlinkSync("nowhere", join(from, "dangling"));
    execFileSync("mkfifo", [join(from, "pipe"), join(from, "tokenizer_config.json")]);
    symlinkSync("pipe", join(from, "to-a-pipe"));
    mkdirSync(join(from, "chat_template.jinja"));
    const { files, notices } = await extend();
    expect([...files].sort()).toEqual(["config.json", "model.onnx", "model.onnx_data", "tokenizer.json"]);
    expect([...notices].sort()).toEqual(
      [
        '"dangling" is left out: it is a link that leads nowhere',
        '"everything" is left out: it is a link to a folder',
        '"itself" is left out: it is a link to a folder',
        '"pipe" is left out: it is no file',
        '"to-a-pipe" is left out: it is a link to no file',
        '"tokenizer_config.json" is left out: it is no file',
      ].sort(),
    );
  });
});

describe("a pipe or a folder", () => {
  it.each(["config.json", "model.onnx", "model.onnx_data"])("in place of %s is no file", async (name) => {
    rmSync(join(from, name));
    mkdirSync(join(from, name));
    await refused(/must have/);
    rmSync(join(from, name), { recursive: true });
    execFileSync("mkfifo", [join(from, name)]);
    await expect(extend()).rejects.toThrow(/must have/);
    if (name !== "model.onnx_data") await expect(trainedContextOf({}, from)).rejects.toThrow(/must have/);
  });
});

describe("a folder that is not a model's own", () => {
  it("is refused by its size before anything is written", async () => {
    mkdirSync(join(from, "many"));
    writeFileSync(join(from, "many", "0"), "");
    // A thousand names for one file.
    for (let n = 1; n <= 10_001; n++)
      if (n % 1000 === 0) writeFileSync(join(from, "many", String(n)), "");
      else linkSync(join(from, "many", String(n - (n % 1000))), join(from, "many", String(n)));
    await expect(extend()).rejects.toThrow(
      /extendFolder: .*from must be a model's own folder, with at most 10000 files/,
    );
    expect(existsSync(to)).toBe(false);
  });

  it("leaves weights of other formats behind", async () => {
    for (const name of ["model.safetensors", "pytorch_model.bin", "model_q4.onnx", "model.safetensors.index.json"])
      writeFileSync(join(from, name), "x");
    const { files } = await extend();
    expect([...files].sort()).toEqual(["config.json", "model.onnx", "model.onnx_data", "tokenizer.json"]);
  });
});

describe("weights in a file that is read as another", () => {
  const places = ["model.onnx", "config.json", "./config.json", "tokenizer_config.json", "MODEL.ONNX"];
  it.each(places)("are refused: %s", async (where) => {
    const model = decode(readFileSync(join(from, "model.onnx")));
    const tensor = model.graph!.initializer.find(({ externalData }) => externalData.length > 0)!;
    for (const entry of tensor.externalData) if (entry.key === "location") entry.value = where;
    const bytes = encode(model);
    writeFileSync(join(from, "model.onnx"), bytes);
    const message = new RegExp(
      `tensor ".*" must lie in a file of its own, not in a model or its settings, got "${where}"`,
    );
    await refused(message);
    const config: unknown = JSON.parse(readFileSync(join(from, "config.json"), "utf8"));
    expect(() => extendExport({ extension, config }, bytes)).toThrow(message);
    const folder = inMemory("it", { "model.onnx": bytes, "config.json": readFileSync(join(from, "config.json")) });
    await expect(loadExport({}, folder)).rejects.toThrow(message);
  });
});

describe("a target", () => {
  it("must lie outside of the source, also if either path goes through links", async () => {
    symlinkSync(from, join(root, "alias"));
    for (const [source, target] of [
      [join(root, "alias"), join(from, "new", "er")],
      [from, join(root, "alias", "new")],
      [from, join(root, "alias")],
    ] as const)
      await expect(extendFolder({ extension }, source, target)).rejects.toThrow("target must lie outside of source");
    expect(readdirSync(from)).not.toContain("new");
  });

  it("gets one of two exports that are extended into it, and the other fails", async () => {
    const target = join(root, "above", "in", "to");
    const done = extendFolder({ extension }, from, target);
    const other = extendFolder({ extension: {} }, from, target);
    const told = await Promise.allSettled([done, other]);
    expect(told.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const { reason } = told.find(({ status }) => status === "rejected") as PromiseRejectedResult;
    expect(String(reason)).toMatch(/^RangeError: extendFolder: .*to must be an empty folder, got 4 files$/);
    expect(readdirSync(join(root, "above", "in"))).toEqual(["to"]);
  });
});
