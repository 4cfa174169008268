/** A model with one weight that is no number: every command that runs it says so, and `inspect` says which. */
import { stories260K } from "@ropewalk/tiny-models";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { file, idsFile, ropewalk, scratch } from "../run.ts";

const model = join(scratch, "spoilt");

beforeAll(() => {
  cpSync(stories260K.url, model, { recursive: true });
  const path = join(model, "model.safetensors");
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + length)) as Readonly<
    Record<string, { readonly data_offsets: readonly [number, number] }>
  >;
  bytes.writeFloatLE(Number.NaN, 8 + length + header["model.norm.weight"]!.data_offsets[0] + 12);
  writeFileSync(path, bytes);
});

const noNumbers = /^ropewalk: run: logits of spoilt at position \d+ must be numbers, got NaN/m;
const story = file("story.txt", "Once upon a time, there was a little girl named Lily. ".repeat(20));

it.each<readonly [string, readonly string[], RegExp]>([
  ["generate", ["generate", model, "Once upon a time"], noNumbers],
  ["generate, drawn", ["generate", model, "Once", "--temperature", "0.8", "--seed", "1"], noNumbers],
  ["perplexity", ["perplexity", model, "--text", story, "--length", "64", "--windows", "1"], noNumbers],
  ["logits", ["logits", model, "--ids", idsFile("spoilt.json", [1, 403, 407])], noNumbers],
  ["passkey", ["passkey", model, "--lengths", "256", "--depths", "1", "--trials", "1", "--json"], noNumbers],
  [
    "inspect",
    ["inspect", model, "--check-weights"],
    /^ropewalk: checkWeights: weights of spoilt must be finite numbers, got NaN at 3 of model\.norm\.weight$/m,
  ],
])("%s", async (_, args, message) => {
  const { stdout, stderr, code } = await ropewalk(...args);
  expect(stderr).toMatch(message);
  expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
});

it("inspect says that all are numbers where they are", async () => {
  const { stdout } = await ropewalk("inspect", "stories260K", "--check-weights", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ weightsFinite: true });
});
