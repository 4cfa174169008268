/** Files that are made to cost: what they would take is bounded before anything is allocated for it. */
import { bytesOf, safetensorsFile, type Json } from "@ropewalk/testing/checkpoints/safetensors-file";
import { smallCheckpoint, smallConfig } from "@ropewalk/testing/checkpoints/small-checkpoint";
import { rejectionOf } from "@ropewalk/testing/thrown";
import { beforeAll, describe, expect, it } from "vitest";
import { inMemory, loadCheckpoint, readJson } from "../../src/index.ts";

const json = (value: unknown): Uint8Array => bytesOf(JSON.stringify(value));

/** `size` bytes of one piece again and again, behind a beginning. */
const repeated = (beginning: string, piece: string, size: number, room = 0): Uint8Array => {
  const file = Buffer.alloc(room + size, piece);
  file.write(beginning, room);
  file.fill(piece, room + beginning.length);
  return new Uint8Array(file.buffer);
};

const entries = (count: number, value: unknown): Json =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`t${n}`, value]));

/** A file whose header is that, without a copy. */
const headerFile = (beginning: string, piece: string, size: number): Uint8Array => {
  const file = repeated(beginning, piece, size, 8);
  new DataView(file.buffer).setBigUint64(0, BigInt(size), true);
  return file;
};

const loading = (files: Readonly<Record<string, Uint8Array>>): Promise<string> =>
  rejectionOf(loadCheckpoint(inMemory("m", { "config.json": json(smallConfig), ...files })));

const megabytes98 = 98_000_000;

describe("a header of 98 MB", () => {
  const at = "RangeError: readSafetensorsHeader: model.safetensors: the header must";
  it.each<readonly [string, string, string, string]>([
    ["brackets", "", "[", "be at most 8 levels deep, got 9"],
    ["braces", "", '{"":', "be at most 8 levels deep, got 9"],
    ["empty lists", '{"a":[', "[],", "have at most 2000000 values, got 2000001"],
    ["numbers", '{"a":[', "0,", "have at most 2000000 values, got 2000001"],
    ["keys", "{", '"":0,', "have at most 500000 keys, got 500001"],
    ["one text", '{"', "a", "be JSON in UTF-8, got SyntaxError: Unterminated string"],
    ["spaces", "", " ", "be JSON in UTF-8, got SyntaxError: Unexpected end"],
  ])("of %s is refused", async (_, beginning, piece, rule) => {
    const file = headerFile(beginning, piece, megabytes98);
    const before = process.resourceUsage().maxRSS;
    const rejection = await loading({ "model.safetensors": file });
    expect(rejection.slice(0, 200)).toContain(`${at} ${rule}`);
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(300_000);
  });

  it("of one name is refused", async () => {
    const file = headerFile('{"', "a", megabytes98);
    file.set(bytesOf('":1}'), file.length - 4);
    expect(await loading({ "model.safetensors": file })).toBe(`${at} have no key longer than 4096 bytes, got 97999996`);
  });
});

describe("other files", () => {
  it.each<readonly [string, Readonly<Record<string, Uint8Array>>, string]>([
    [
      "a config of brackets",
      { "config.json": repeated("", "[", 1_000_000) },
      "config.json must be at most 100 levels deep",
    ],
    [
      "a config of lists",
      { "config.json": repeated("[", "[],", 9_000_000) },
      "config.json must have at most 1000000 values",
    ],
    [
      "a long config",
      { "config.json": repeated("", " ", 16_000_001) },
      "config.json must be at most 16000000 bytes long",
    ],
    [
      "an index of keys",
      { "model.safetensors.index.json": json({ weight_map: entries(150_000, "a.safetensors") }) },
      "model.safetensors.index.json must have at most 150000 keys",
    ],
    [
      "an index of files",
      {
        "model.safetensors.index.json": json({
          weight_map: Object.fromEntries(Object.keys(entries(10_001, 0)).map((name) => [name, `${name}.safetensors`])),
        }),
      },
      "model.safetensors.index.json: weight_map must name at most 10000 files, got 10001",
    ],
    ["a wide head", { "config.json": json({ ...smallConfig, head_dim: 2 ** 40 }) }, "head_dim must be at most 65536"],
    [
      "a wide hidden state",
      { "config.json": json({ ...smallConfig, hidden_size: 2 ** 40 }) },
      "head_dim must be at most 65536",
    ],
    [
      "layers that are not there",
      {
        "config.json": json({ ...smallConfig, num_hidden_layers: 10_000 }),
        "model.safetensors": safetensorsFile({}, 0),
      },
      "must have model.embed_tokens.weight, got nothing",
    ],
  ])("are refused: %s", async (_, files, rule) => {
    expect(await loading(files)).toContain(rule);
  });

  it("of a tokenizer are refused", async () => {
    const folder = inMemory("m", { ...smallCheckpoint(), "tokenizer.json": repeated("[", "[],", 30_000_000) });
    expect(await rejectionOf(loadCheckpoint(folder))).toBe(
      "RangeError: readJson: tokenizer.json must have at most 3000000 values, got 3000001",
    );
  });
});

describe("what is large and honest", () => {
  const config = { ...smallConfig, num_hidden_layers: 2000 };
  let files: Readonly<Record<string, Uint8Array>>;
  beforeAll(() => (files = smallCheckpoint(config)));

  it("is read: 2,000 layers, in a time that grows with them", async () => {
    expect((await loadCheckpoint(inMemory("m", files))).decoder.numLayers).toBe(2000);
  });

  it("is read: a tokenizer of 262,144 tokens and 524,288 merges", async () => {
    const vocab = Object.fromEntries(Array.from({ length: 262_144 }, (_, n) => [`t${n}`, n]));
    const merges = Array.from({ length: 524_288 }, (_, n) => [`t${n}`, `t${n + 1}`]);
    const read = await readJson(
      inMemory("m", { "tokenizer.json": json({ model: { vocab, merges } }) }),
      "tokenizer.json",
    );
    expect(Object.keys(read as object)).toEqual(["model"]);
  });
});

describe("a git-lfs pointer", () => {
  const pointer = bytesOf("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 4976698672\n");
  it.each(["model.safetensors", "config.json", "model.safetensors.index.json", "tokenizer.json"])(
    "in place of %s is told from a broken file",
    async (name) => {
      const { "model.safetensors": weights, ...rest } = smallCheckpoint();
      const files = name.endsWith("index.json") ? rest : { ...rest, "model.safetensors": weights! };
      const who = name === "model.safetensors" ? "readSafetensorsHeader" : "readJson";
      expect(await rejectionOf(loadCheckpoint(inMemory("m", { ...files, [name]: pointer })))).toBe(
        `RangeError: ${who}: ${name} must be the file itself, got a git-lfs pointer to 4976698672 bytes; "git lfs pull" fetches what it points to`,
      );
    },
  );
});

describe("control characters in names", () => {
  const evil = "\u001B[2J\u0007";
  it.each<readonly [string, Readonly<Record<string, Uint8Array>>]>([
    ["a tensor without a place", { "model.safetensors": safetensorsFile({ [evil]: 3 }, 0) }],
    [
      "a tensor out of place",
      { "model.safetensors": safetensorsFile({ [evil]: { dtype: "F32", shape: [9], data_offsets: [0, 36] } }, 4) },
    ],
    ["metadata", { "model.safetensors": safetensorsFile({ __metadata__: { [evil]: 3 } }, 0) }],
    [
      "a tensor in a layer",
      { ...smallCheckpoint(smallConfig, (tensors) => (tensors[`model.layers.0.${evil}.weight`] = [1])) },
    ],
    ["an index", { "model.safetensors.index.json": json({ weight_map: { [evil]: 3 } }) }],
    [
      "a shard",
      { "model.safetensors.index.json": json({ weight_map: { "model.norm.weight": `${evil}.safetensors` } }) },
    ],
    ["a model type", { "config.json": json({ model_type: evil }) }],
    ["an activation", { "config.json": json({ ...smallConfig, hidden_act: evil }) }],
  ])("are escaped: %s", async (_, files) => {
    const rejection = await loading(files);
    // oxlint-disable-next-line no-control-regex
    expect(rejection).not.toMatch(/[\u0000-\u001F\u007F-\u009F]/);
    expect(rejection).toContain("\\u001b[2J");
  });
});
