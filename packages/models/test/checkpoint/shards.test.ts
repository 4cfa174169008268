/** Checkpoints in several files, and an index that tells the truth about them or not. */
import { bytesOf, headerOf, safetensorsFile } from "@ropewalk/testing/checkpoints/safetensors-file";
import { smallConfig } from "@ropewalk/testing/checkpoints/small-checkpoint";
import { describe, expect, it } from "vitest";
import { inMemory, llama, loadCheckpoint } from "../../src/index.ts";

const shapes = llama.read(smallConfig).tensors;
const names = Object.keys(shapes);
const [first, second] = [names.slice(0, 4), names.slice(4)];
const shardOf = (name: string): string => (first.includes(name) ? "a.safetensors" : "b.safetensors");
const weightMap = Object.fromEntries(names.map((name) => [name, shardOf(name)]));

const shard = (held: readonly string[]): Uint8Array => {
  const { header, dataLength } = headerOf(Object.fromEntries(held.map((name) => [name, shapes[name]!])));
  return safetensorsFile(header, dataLength);
};

const files = (
  changes: Readonly<Record<string, Uint8Array | undefined>> = {},
): Readonly<Record<string, Uint8Array>> => {
  const all = {
    "config.json": bytesOf(JSON.stringify(smallConfig)),
    "model.safetensors.index.json": bytesOf(JSON.stringify({ metadata: {}, weight_map: weightMap })),
    "a.safetensors": shard(first),
    "b.safetensors": shard(second),
    ...changes,
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, Uint8Array] => entry[1] !== undefined),
  );
};

const indexWith = (map: Readonly<Record<string, unknown>>): Readonly<Record<string, Uint8Array>> =>
  files({ "model.safetensors.index.json": bytesOf(JSON.stringify({ weight_map: { ...weightMap, ...map } })) });

/** A shard with a tensor that no decoder reads. */
const withGhost = (letter: "a" | "b"): Readonly<Record<string, Uint8Array>> => {
  const { header, dataLength } = headerOf({
    ...Object.fromEntries((letter === "a" ? first : second).map((name) => [name, shapes[name]!])),
    ghost: [2],
  });
  return { [`${letter}.safetensors`]: safetensorsFile(header, dataLength) };
};

const load = (held: Readonly<Record<string, Uint8Array>>) => loadCheckpoint(inMemory("sharded", held));

describe("a checkpoint in shards", () => {
  it("has the tensors of all of them, each in its file", async () => {
    const { tensors, files: opened, locate } = await load(files());
    expect([...tensors.keys()].toSorted()).toEqual(names.toSorted());
    expect(opened.map(({ external }) => external.file)).toEqual(["a.safetensors", "b.safetensors"]);
    for (const name of names) expect(locate(name)).toMatchObject({ location: shardOf(name), type: "float32" });
  });

  const inFolder = `model.safetensors.index.json: ${names[0]} must be in a .safetensors file of the same folder`;
  it.each<readonly [string, Readonly<Record<string, Uint8Array>>, string]>([
    [
      "a missing shard",
      files({ "b.safetensors": undefined }),
      "sharded must have the shard b.safetensors that model.safetensors.index.json names, got nothing",
    ],
    ["a way out of the folder", indexWith({ [names[0]!]: "../a.safetensors" }), `${inFolder}, got "../a.safetensors"`],
    ["a way out on Windows", indexWith({ [names[0]!]: "..\\a.safetensors" }), `${inFolder}, got "..\\\\a.safetensors"`],
    ["an absolute path", indexWith({ [names[0]!]: "/etc/a.safetensors" }), `${inFolder}, got "/etc/a.safetensors"`],
    [
      "an absolute path on Windows",
      indexWith({ [names[0]!]: "C:\\a.safetensors" }),
      `${inFolder}, got "C:\\\\a.safetensors"`,
    ],
    ["a folder below", indexWith({ [names[0]!]: "b/a.safetensors" }), `${inFolder}, got "b/a.safetensors"`],
    ["a name that ends early", indexWith({ [names[0]!]: "a\0.safetensors" }), inFolder],
    ["no name", indexWith({ [names[0]!]: ".safetensors" }), `${inFolder}, got ".safetensors"`],
    ["a file that is no safetensors file", indexWith({ [names[0]!]: "config.json" }), `${inFolder}, got "config.json"`],
    ["no file at all", indexWith({ [names[0]!]: 3 }), `${names[0]} must name a file, got 3`],
    [
      "a tensor in two shards",
      files({ "b.safetensors": shard([...second, first[0]!]) }),
      `${first[0]} must be in one file, got ["a.safetensors", "b.safetensors"]`,
    ],
    [
      "a tensor in another shard than said",
      indexWith({ [first[0]!]: "b.safetensors" }),
      `${first[0]} must be in a.safetensors, which holds it, got "b.safetensors"`,
    ],
    [
      "a tensor that no shard holds",
      files({ "a.safetensors": shard(first.slice(1)) }),
      `a.safetensors must hold ${first[0]}, as model.safetensors.index.json says, got nothing`,
    ],
    [
      "a shard that is cut off",
      files({ "a.safetensors": shard(first).subarray(0, 40) }),
      "readSafetensorsHeader: a.safetensors: the file must be whole",
    ],
    [
      "a tensor that its index leaves out",
      files({
        "model.safetensors.index.json": bytesOf(
          JSON.stringify({ weight_map: Object.fromEntries(Object.entries(weightMap).slice(1)) }),
        ),
      }),
      `${names[0]} must be in a.safetensors, which holds it, got nothing`,
    ],
    [
      "an index of nothing",
      files({ "model.safetensors.index.json": bytesOf('{"weight_map":{}}') }),
      "model.safetensors.index.json: weight_map must name a file for each tensor, got nothing",
    ],
    [
      "an index whose map is a list",
      files({ "model.safetensors.index.json": bytesOf('{"weight_map":[]}') }),
      "model.safetensors.index.json: weight_map must be an object, got []",
    ],
    [
      "an index that is no JSON",
      files({ "model.safetensors.index.json": bytesOf("{") }),
      "model.safetensors.index.json must be JSON",
    ],
  ])("is refused with %s", async (_, held, message) => {
    await expect(load(held)).rejects.toThrow(message);
  });

  it.each<readonly [string, Readonly<Record<string, Uint8Array>>]>([
    ["the index names a tensor that no shard holds", indexWith({ "mtp.fc.weight": "a.safetensors" })],
    ["the index names one in a shard that is not there", indexWith({ "mtp.fc.weight": "mtp.safetensors" })],
    ["the index names another shard for one", { ...indexWith({ ghost: "b.safetensors" }), ...withGhost("a") }],
    ["the index leaves one out", files(withGhost("a"))],
    ["two shards hold one", files({ ...withGhost("a"), ...withGhost("b") })],
  ])("loads where nothing is read of it: %s", async (_, held) => {
    const { decoder, locate } = await load(held);
    for (const name of names) expect(locate(name)).toMatchObject({ location: shardOf(name) });
    expect(Object.keys(decoder.tensors)).toEqual(names);
  });

  it("opens no shard that holds nothing of the decoder", async () => {
    const asked: string[] = [];
    const folder = inMemory("sharded", {
      ...indexWith({ "mtp.fc.weight": "mtp.safetensors" }),
      "mtp.safetensors": bytesOf("no safetensors file"),
    });
    await loadCheckpoint({ ...folder, file: (name) => (asked.push(name), folder.file(name)) });
    expect(asked.filter((name) => name.endsWith(".safetensors"))).toEqual([
      "model.safetensors",
      "a.safetensors",
      "b.safetensors",
    ]);
  });

  it("is refused where no name in the index is the decoder's", async () => {
    await expect(
      load(files({ "model.safetensors.index.json": bytesOf('{"weight_map":{"ghost":"a.safetensors"}}') })),
    ).rejects.toThrow('model.safetensors.index.json: weight_map must name the decoder\'s tensors, got "ghost"');
  });

  it("is passed over where the weights are in one file as well", async () => {
    const { tensors } = await load(files({ "model.safetensors": shard(names) }));
    expect(new Set([...tensors.values()].map(({ file }) => file))).toEqual(new Set(["model.safetensors"]));
  });
});
