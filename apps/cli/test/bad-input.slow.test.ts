import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { layeredCheckpoints } from "@ropewalk/testing/vectors";
import { afterAll, describe, expect, it } from "vitest";
import { file, idsFile, ropewalk, scratch } from "./run.ts";

afterAll(() => rmSync(scratch, { recursive: true }));

const ids = idsFile("ids.json", [1, 403, 407]);
const generate = (...args: readonly string[]) => ["generate", "stories260K", "--ids", ids, ...args];

/** A copy of a shipped model with something wrong in it. */
const broken = (name: string, breakIt: (folder: string) => void): string => {
  const folder = join(scratch, name);
  mkdirSync(folder);
  cpSync("packages/tiny-models/stories260K", folder, { recursive: true });
  breakIt(folder);
  return folder;
};

const editConfig = (changes: Record<string, unknown>) => (folder: string) => {
  const path = join(folder, "config.json");
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, "utf8")) as object), ...changes }));
};

const pairs = ["sliding_attention", "full_attention"];

/** A copy of a model whose layers differ, with other keys in its config. */
const layered = (name: string, changes: Record<string, unknown>): string => {
  const folder = join(scratch, name);
  cpSync(`${layeredCheckpoints}/gemma2`, folder, { recursive: true });
  editConfig(changes)(folder);
  return folder;
};

const editWeights = (edit: (bytes: Buffer) => Buffer) => (folder: string) => {
  const path = join(folder, "model.safetensors");
  writeFileSync(path, edit(readFileSync(path)));
};

/** The header with one piece of text in place of another of the same length. */
const editHeader = (from: string, to: string) =>
  editWeights((bytes) => {
    const at = bytes.indexOf(from);
    bytes.write(to.padEnd(from.length), at);
    return bytes;
  });

const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
  ["a run longer than the capacity", generate("--max-new-tokens", "600"), /512.*603.*would fit/],
  [
    "the same beyond a method's own capacity",
    generate("--method", "self-extend", "--group-size", "2", "--window", "400", "--max-new-tokens", "900"),
    /624.*903.*groupSize 5 with window 400/,
  ],
  [
    "a window larger than the trained one",
    generate("--method", "self-extend", "--group-size", "2", "--window", "513"),
    /513.*512|512.*513/,
  ],
  [
    "an empty file to read",
    ["read", "stories260K", "/dev/null", "--save", join(scratch, "never.kv")],
    /^ropewalk: read: \/dev\/null must have at least 1 character, got an empty file$/m,
  ],
  ["W = 0", generate("--method", "self-extend", "--window", "0"), /window must be.*got 0/],
  ["a run of no steps", generate("--steps-per-run", "0"), /stepsPerRun must be a positive integer, got 0/],
  [
    "a precision on the CPU",
    generate("--precision", "float16"),
    /--precision is not read by --backend cpu, got float16/,
  ],
  [
    "threads on a GPU",
    generate("--backend", "cuda", "--threads", "2"),
    /--threads is not read by --backend cuda, got 2/,
  ],
  ["G = 0", generate("--method", "self-extend", "--group-size", "0"), /groupSize must be.*got 0/],
  [
    "a group size that is no integer",
    generate("--method", "self-extend", "--group-size", "2.5"),
    /groupSize must be an integer.*2\.5/,
  ],
  [
    "a window that is no integer",
    generate("--method", "re-rope", "--window", "2.5"),
    /window must be an integer.*2\.5/,
  ],
  ["a number that is none", generate("--window", "many"), /--window.*many/],
  ["a flag that the method does not read", generate("--window", "4"), /--window is not read by --method none, got 4/],
  [
    "help of an unknown command",
    ["help", "generat"],
    /^ropewalk: help: command must be one of .*\(generate is meant\?\), got "generat"\n$/,
  ],
  [
    "--help of an unknown command",
    ["generat", "--help"],
    /^ropewalk: help: command must be one of .*\(generate is meant\?\), got "generat"\n$/,
  ],
  [
    "--lookup before the prompt",
    ["generate", "stories260K", "--lookup", "Once upon"],
    /as 3,8, or nothing where the flag stands behind the prompt, got Once upon\n$/,
  ],
  ["an unknown method", generate("--method", "magic"), /magic.*self-extend/],
  [
    "STRING that goes on behind where it is shifted from",
    generate("--method", "string", "--shift-from", "5", "--window", "8"),
    /^ropewalk: string: shiftFrom must be >= window 8, got 5\n$/,
  ],
  [
    "chunks that leave no room beside what is local",
    generate("--method", "dual-chunk", "--position-chunk", "10", "--local-size", "10"),
    /^ropewalk: dualChunk: localSize must be < chunkSize 10, got 10\n$/,
  ],
  [
    "the same in a file",
    generate("--extension", file("local.json", '{"positions":{"kind":"dual-chunk","chunkSize":10,"localSize":12}}')),
    /local\.json: .*localSize must be < chunkSize 10, got 12\n$/,
  ],
  [
    "a module that ends the process",
    generate("--method", file("exits.mjs", "process.exit(0);")),
    /^ropewalk: --method: .*exits\.mjs must be a module that loads, got one that ends the process, or waits for nothing\n$/,
  ],
  [
    "a module that waits for ever",
    generate("--method", file("waits.mjs", "await new Promise(() => {});")),
    /ropewalk: --method: .*waits\.mjs must be a module that loads, got one that ends the process, or waits for nothing\n$/,
  ],
  [
    "a module that throws",
    generate("--method", file("throws.mjs", "throw new Error('no\\nluck');")),
    /^ropewalk: --method: .*throws\.mjs must be a module that loads, got no\\u000aluck\n$/,
  ],
  ["an unknown backend", generate("--backend", "abacus"), /abacus.*wasm/],
  ["a trained context of 0", generate("--trained-context", "0"), /trainedContext must be a positive integer, got 0/],
  [
    "ids outside the vocabulary",
    ["logits", "stories260K", "--ids", idsFile("outside.json", [1, 512])],
    /0 to 511.*got 512 at index 1/,
  ],
  ["ids that are no integers", ["logits", "stories260K", "--ids", file("text.json", `["a"]`)], /array of numbers/],
  ["ids that are no JSON", ["logits", "stories260K", "--ids", file("not.json", "[1,")], /must be JSON/],
  ["no ids at all", ["logits", "stories260K", "--ids", idsFile("none.json", [])], /at least 1 token, got 0/],
  [
    "a file of ids that is not there",
    ["logits", "stories260K", "--ids", join(scratch, "nowhere.json")],
    /nowhere\.json/,
  ],
  ["a model that is not there", ["inspect", join(scratch, "no-model")], /no-model/],
  ["neither a prompt nor ids", ["generate", "stories260K"], /exactly one of them, got an empty pipe/],
  ["an unknown family", ["inspect", broken("family", editConfig({ model_type: "mamba" }))], /model_type.*llama.*mamba/],
  [
    "an unknown rope type",
    ["inspect", broken("rope", editConfig({ rope_scaling: { rope_type: "spiral", factor: 2 } }))],
    /spiral/,
  ],
  [
    "types of fewer layers than there are",
    ["inspect", layered("fewer", { layer_types: ["full_attention", "sliding_attention"] })],
    /^ropewalk: gemma2\.read: config\.json: layer_types must have one type for each of 4 layers, got 2\n$/,
  ],
  [
    "a layer of an unknown type",
    ["inspect", layered("unknown", { layer_types: [...pairs, "full_attention", "linear_attention"] })],
    /^ropewalk: gemma2\.read: config\.json: layer_types\[3\] must be full_attention or sliding_attention, got "linear_attention"\n$/,
  ],
  ["heads that do not divide", ["inspect", broken("heads", editConfig({ num_key_value_heads: 3 }))], /8.*3|3.*8/],
  [
    "a config that is no JSON",
    ["inspect", broken("config", (folder) => writeFileSync(join(folder, "config.json"), "{"))],
    /config\.json/,
  ],
  [
    "a wrong shape",
    ["inspect", broken("shape", editConfig({ intermediate_size: 170 }))],
    /gate_proj\.weight.*\[170, ?64\].*\[172, ?64\]/,
  ],
  ["a missing tensor", ["inspect", broken("missing", editConfig({ tie_word_embeddings: false }))], /lm_head\.weight/],
  [
    "a truncated file",
    [
      "inspect",
      broken(
        "truncated",
        editWeights((bytes) => bytes.subarray(0, 3000)),
      ),
    ],
    /model\.safetensors.*4856.*3000|model\.safetensors.*3000.*4856/,
  ],
  [
    "data cut off",
    [
      "inspect",
      broken(
        "cut",
        editWeights((bytes) => bytes.subarray(0, bytes.length - 8)),
      ),
    ],
    /model\.safetensors/,
  ],
  [
    "a header that lies about a tensor's place",
    ["inspect", broken("overlap", editHeader("[131072,131328]", "[131000,131256]"))],
    /model\.safetensors.*\d/,
  ],
  [
    "a header that lies about a shape",
    ["inspect", broken("lie", editHeader(`"shape":[512,64]`, `"shape":[512,65]`))],
    /embed_tokens\.weight/,
  ],
  ["a header that is no JSON", ["inspect", broken("header", editHeader(`{"`, `<>`))], /model\.safetensors/],
  ["sampling below zero", generate("--temperature", "-1"), /temperature/],
  ["threads that are none", generate("--threads", "0"), /threads must be a positive integer/],
  [
    "a text too short for its key",
    ["passkey", "--lengths", "10", "--trials", "1", "--depths", "1"],
    /length must be at least \d+.*got 10/,
  ],
  ["no trials", ["passkey", "--trials", "0"], /--trials must be a positive integer, got 0/],
  ["no keys", ["passkey", "--keys", "0"], /--keys must be a positive integer, got 0/],
  [
    "several keys in a language without names",
    ["passkey", "--method", "none", "--lengths", "128", "--keys", "2"],
    /passkey: --keys must be absent for passkey-875k, whose texts have one key: its task.json states no names for more, got 2/,
  ],
  [
    "several keys in English",
    ["passkey", "stories260K", "--method", "none", "--lengths", "128", "--keys", "2"],
    /passkey: --keys must be absent for stories260K, whose texts are in English, with one key, got 2/,
  ],
];

describe("bad input is an error in one line and a non-zero exit", () => {
  it.each(cases)("%s", async (_, args, message) => {
    const { stdout, stderr, code } = await ropewalk(...args);
    expect(code, stderr).not.toBe(0);
    expect(stdout).toBe("");
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at |onnxruntime/i);
  });

  it("is allowed when it is asked for: beyond the capacity", async () => {
    const { stdout, code } = await ropewalk(...generate("--max-new-tokens", "520", "--beyond-capacity", "--json"));
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { readonly ids: readonly number[] }).ids).toHaveLength(520);
  });
});
