import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { passkey875k, stories260K } from "../src/index.ts";
import { folderOf } from "../src/tiny-model.ts";

const root = new URL("../", import.meta.url);

/** Bytes and SHA-256 of every file. */
const sums: Readonly<Record<string, readonly [size: number, sum: string]>> = {
  "passkey-875k/config.json": [
    552,
    "fc52b42bcf619e75e7be48eb2d46b297b524c267266ca6cef90e0a0985827b3b",
  ],
  "passkey-875k/model.safetensors": [
    3504616,
    "c8e285dc00af7481ac98fced67ad65503902c2980a240295f8c577227dd626cd",
  ],
  "passkey-875k/task.json": [
    1103,
    "38dcbf161849c4838cf5ac052476f18c3997723a26708fae2e61ab9b71a6917d",
  ],
  "passkey-875k/tokenizer.json": [
    1791,
    "5753f2928e99dc02cf5c821d4d7b3e9d93a4635d45e5e9f135b9d7671fc0b75a",
  ],
  "passkey-875k/tokenizer_config.json": [
    143,
    "b7e4a7bde2ecd2ba090bfffabaf3ccf00ac23749f853cd6f0a443e8ab1568d9d",
  ],
  "stories260K/LICENSE.llama2.c": [
    1063,
    "e87b912002f04cdfa837eaf7f70548ab79b9cb62a285495edf575f3da875aec4",
  ],
  "stories260K/LICENSE.llama2.zig": [
    1070,
    "6f5b776d2f26d1a5300a5f2f1c3b06b571ff965fc0783ec06dc8649e797b0983",
  ],
  "stories260K/config.json": [
    526,
    "939f9f38df32203cbd2c7448d0b9f554700ee8cefe4bcea397a3e34bf34ea5af",
  ],
  "stories260K/model.safetensors": [
    1044992,
    "407a7c581bdd66972383ce9ad24857713fb98786d06ea564a2fe9b34ebe77dfd",
  ],
  "stories260K/tokenizer.json": [
    10614,
    "12791b0331c2bfe4a0e0f6bedbc2be2dc33cf439e99b497cedf781361e10fc92",
  ],
  "stories260K/tokenizer_config.json": [
    205,
    "63477369a92f073038d1e7c2fac5ba1fe21c3579435b8731d0b3adcd55a588ce",
  ],
  "test/vectors/passkey-875k/golden-logits.json": [
    25059,
    "6ff2c892358169827aa152fa565baac302debde7c6204dbe5eaa7ef6d61f3a21",
  ],
  "test/vectors/stories260K/expected-greedy-ids.json": [
    1042,
    "71e8fe18f9d4c0625117abb8a9c6217d605faa8ca4be6385d53bcffa281ce810",
  ],
  "test/vectors/stories260K/expected-greedy.txt": [
    464,
    "beeb5cb46785efee81a8545300b31e396b595e5ce6f3b77db201545501981d14",
  ],
  "test/vectors/stories260K/golden.json": [
    132949,
    "0034331b1619b1904d4b9715e295808b800420003cdb4b90204814bad1b2d793",
  ],
};

const filesIn = (folder: string): readonly string[] =>
  readdirSync(new URL(folder, root)).map((file) => `${folder}${file}`);

describe("files", () => {
  it.each(Object.entries(sums))("%s is what was measured", (path, [size, sum]) => {
    const bytes = readFileSync(new URL(path, root));
    expect(bytes.length).toBe(size);
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(sum);
  });

  it("are these and no others", () => {
    const folders = ["passkey-875k/", "stories260K/"];
    const vectors = folders.map((folder) => `test/vectors/${folder}`);
    // Beside a reference output lies the script that made it.
    const files = [...folders, ...vectors].flatMap(filesIn).filter((file) => !/^test\/.*\.py$/.test(file));
    expect(files.toSorted()).toEqual(Object.keys(sums).toSorted());
  });

  it("take 4.4 MiB when published", () => {
    const published = Object.entries(sums).filter(([path]) => !path.startsWith("test/"));
    const total = published.reduce((sum, [, [size]]) => sum + size, 0);
    expect((total / 2 ** 20).toFixed(1)).toBe("4.4");
  });
});

describe.each([passkey875k, stories260K])("$name", ({ name, url, files, trainedContext }) => {
  it("has the address of each of its files but licences", () => {
    const names = readdirSync(url).filter((file) => !file.startsWith("LICENSE"));
    expect(Object.keys(files).toSorted()).toEqual(names.toSorted());
    for (const file of names) expect(files[file]!.href).toBe(new URL(file, url).href);
  });

  it("is a folder of its name, from the sources and from the build alike", () => {
    expect(fileURLToPath(url)).toBe(fileURLToPath(new URL(`${name}/`, root)));
    expect(readdirSync(url)).toContain("model.safetensors");
    // The build lies in dist/ as the sources lie in src/, so one relative path serves both.
    expect(new URL(`../${name}/`, new URL("dist/index.js", root)).href).toBe(url.href);
  });

  it("was trained on the window that its config states", () => {
    const config: unknown = JSON.parse(readFileSync(new URL("config.json", url), "utf8"));
    expect(config).toMatchObject({ model_type: "llama", max_position_embeddings: trainedContext });
  });
});

it("a folder is that of the file, where the file has one", () => {
  expect(folderOf(new URL("https://example.org/assets/model-4f2a.safetensors")).href).toBe("https://example.org/assets/");
  expect(folderOf(new URL("data:application/json;base64,e30=")).protocol).toBe("data:");
});

it("the task of passkey-875k is for its window", () => {
  const task: unknown = JSON.parse(readFileSync(new URL("task.json", passkey875k.url), "utf8"));
  expect(task).toMatchObject({ trainedContext: passkey875k.trainedContext });
});
