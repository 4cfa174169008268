import { readdirSync } from "node:fs";
import { checkpointFolders, readBytes } from "@ropewalk/testing/checkpoints/checkpoint-folders";
import { bytesOf } from "@ropewalk/testing/checkpoints/safetensors-file";
import { smallCheckpoint, smallConfig } from "@ropewalk/testing/checkpoints/small-checkpoint";
import { rejectionOf } from "@ropewalk/testing/thrown";
import { describe, expect, it } from "vitest";
import { inMemory, loadCheckpoint, type Checkpoint } from "../../src/index.ts";
import { openFolder } from "../../src/node.ts";

const load = (files: Readonly<Record<string, Uint8Array>>) => loadCheckpoint(inMemory("small", files));

const json = (value: unknown): Uint8Array => bytesOf(JSON.stringify(value));

const q = "model.layers.0.self_attn.q_proj.weight";

describe("loadCheckpoint", () => {
  it.each(Object.entries(checkpointFolders))("reads exactly the tensors of %s", async (name, folder) => {
    const { decoder, tensors, files, locate } = await loadCheckpoint(await openFolder(folder));
    const found = Object.fromEntries([...tensors].map(([tensor, { dims }]) => [tensor, dims]));
    expect(found).toEqual(decoder.tensors);
    const tied = ["stories260K", "llama3", "gemma", "gemma2", "gemma3", "phi4-mini", "qwen3", "smollm3"];
    expect(tied.includes(name)).toBe(!("lm_head.weight" in found));
    const path = decodeURI(folder.pathname).replace(/\/$/, "");
    const stored = readdirSync(folder).filter((file) => file.endsWith(".safetensors"));
    expect(stored).toHaveLength(name === "mistral" ? 5 : 1);
    expect(files.map(({ external }) => external)).toEqual(stored.map((file) => ({ kind: "path", folder: path, file })));
    const types = { solar: "bfloat16", qwen2: "float16" };
    const type = types[name as keyof typeof types] ?? "float32";
    expect(new Set(Object.keys(found).map((tensor) => locate(tensor).type))).toEqual(new Set([type]));
  });

  it("reads the same from memory and from a disk", async () => {
    const names = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];
    const bytes = Object.fromEntries(names.map((name) => [name, readBytes(checkpointFolders.stories260K, name)]));
    const fromMemory = await loadCheckpoint(inMemory("stories260K", bytes));
    const fromDisk = await loadCheckpoint(await openFolder(checkpointFolders.stories260K));
    // JSON leaves the functions out.
    const plain = ({ decoder, tensors, tokenizer, bosToken, stopTokens }: Checkpoint): unknown => [
      JSON.stringify(decoder),
      tensors,
      tokenizer,
      bosToken,
      stopTokens,
    ];
    expect(plain(fromMemory)).toEqual(plain(fromDisk));
    expect(fromMemory.files[0]?.external).toEqual({
      kind: "bytes",
      file: "model.safetensors",
      data: bytes["model.safetensors"],
    });
  });

  it("tells where a tensor's bytes are", async () => {
    const bytes = readBytes(checkpointFolders["passkey-875k"], "model.safetensors");
    const { tensors } = await loadCheckpoint(await openFolder(checkpointFolders["passkey-875k"]));
    const { type, offset, length } = tensors.get("model.norm.weight")!;
    expect([type, length]).toEqual(["F32", 512]);
    const view = new DataView(bytes.buffer, offset, length);
    const norm = Array.from({ length: 128 }, (_, i) => view.getFloat32(4 * i, true));
    expect(Math.min(...norm)).toBeGreaterThan(0.5);
    expect(Math.max(...norm)).toBeLessThan(5);
  });

  it("allows tensors that the decoder does not read", async () => {
    const files = smallCheckpoint(smallConfig, (tensors) => {
      tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = [2];
    });
    const { decoder, tensors } = await load(files);
    expect(tensors.size).toBe(Object.keys(decoder.tensors).length + 1);
  });

  const good = smallCheckpoint();
  const { "config.json": config, "model.safetensors": weights } = good as Required<typeof good>;
  const known = "gemma, gemma2, gemma3_text, llama, mistral, phi, phi3, qwen2, qwen3, smollm3";
  it.each<[string, Readonly<Record<string, Uint8Array>>]>([
    ["small must have config.json, got nothing", { "model.safetensors": weights! }],
    ['config.json must be JSON, got "{"', { ...good, "config.json": bytesOf("{") }],
    ["config.json must be an object, got [1]", { ...good, "config.json": json([1]) }],
    ["config.json must be an object, got null", { ...good, "config.json": json(null) }],
    [
      `config.json: model_type must be one of ${known}, got "mamba"`,
      { ...good, "config.json": json({ ...smallConfig, model_type: "mamba" }) },
    ],
    [`config.json: model_type must be one of ${known}, got nothing`, { ...good, "config.json": json({}) }],
    [
      'config.json: architectures must have LlamaForCausalLM where model_type is llama, got ["LlamaForSequenceClassification"]',
      { ...good, "config.json": json({ ...smallConfig, architectures: ["LlamaForSequenceClassification"] }) },
    ],
    [
      'config.json: architectures must have LlamaForCausalLM where model_type is llama, got ["MistralForCausalLM"]',
      { ...good, "config.json": json({ ...smallConfig, architectures: ["MistralForCausalLM"] }) },
    ],
    [
      "config.json: architectures must have LlamaForCausalLM where model_type is llama, got []",
      { ...good, "config.json": json({ ...smallConfig, architectures: [] }) },
    ],
    [
      'config.json: architectures must have LlamaForCausalLM where model_type is llama, got "LlamaForCausalLM"',
      { ...good, "config.json": json({ ...smallConfig, architectures: "LlamaForCausalLM" }) },
    ],
    [
      "small must have its weights in model.safetensors, or in shards that model.safetensors.index.json names, got nothing",
      { "config.json": config! },
    ],
    [
      "model.safetensors.index.json: weight_map must be an object, got nothing",
      { "config.json": config!, "model.safetensors.index.json": json({}) },
    ],
    [`model.safetensors must have ${q}, got nothing`, smallCheckpoint(smallConfig, (tensors) => delete tensors[q])],
    [
      `model.safetensors: ${q} must be [8, 8], got [4, 8]`,
      smallCheckpoint(smallConfig, (tensors) => (tensors[q] = [4, 8])),
    ],
    [
      `model.safetensors: ${q} must be [8, 8], got [64]`,
      smallCheckpoint(smallConfig, (tensors) => (tensors[q] = [64])),
    ],
    [
      'model.safetensors: model.embed_tokens.weight must be of type F32, F16, BF16, got "I16"',
      smallCheckpoint(smallConfig, () => {}, "I16"),
    ],
    ["tokenizer.json must be JSON, got ", { ...good, "tokenizer.json": bytesOf("?") }],
    [
      "tokenizer_config.json must be JSON, got ",
      { ...good, "tokenizer.json": json({}), "tokenizer_config.json": bytesOf("") },
    ],
    [
      "tokenizer_config.json: chat_template must be text, got 3",
      { ...good, "tokenizer.json": json({}), "tokenizer_config.json": json({ chat_template: 3 }) },
    ],
    [
      "tokenizer_config.json: chat_template must be an object, got 3",
      { ...good, "tokenizer.json": json({}), "tokenizer_config.json": json({ chat_template: [3] }) },
    ],
    ["generation_config.json must be an object, got 3", { ...good, "generation_config.json": json(3) }],
    [
      "generation_config.json: eos_token_id must be a token, an integer from 0 to 4, got 5",
      { ...good, "generation_config.json": json({ eos_token_id: [1, 5] }) },
    ],
    [
      "config.json: eos_token_id must be a token, an integer from 0 to 4, got -1",
      smallCheckpoint({ ...smallConfig, eos_token_id: -1 }),
    ],
    [
      'config.json: bos_token_id must be a token, an integer from 0 to 4, got "1"',
      smallCheckpoint({ ...smallConfig, bos_token_id: "1" }),
    ],
  ])("refuses: %s", async (message, files) => {
    const rejection = await rejectionOf(load(files));
    expect(rejection).toMatch(/^(?:Range|Type)Error: (?:loadCheckpoint|readJson|readModelTexts): /);
    expect(rejection.replace(/^\w+: \w+: /, "").startsWith(message), rejection).toBe(true);
  });

  it("passes on what the family and the file refuse", async () => {
    await expect(load({ ...good, "config.json": json({ ...smallConfig, hidden_size: -8 }) })).rejects.toThrow(
      "llama.read: config.json: hidden_size must be an integer from 1 to 9007199254740991, got -8",
    );
    await expect(load({ ...good, "model.safetensors": weights!.subarray(0, 30) })).rejects.toThrow(
      "readSafetensorsHeader: model.safetensors: the file must be whole",
    );
  });
});

describe("inMemory", () => {
  it("has the files that it was given and no others", async () => {
    const folder = inMemory("m", { a: Uint8Array.of(1, 2, 3) });
    const a = await folder.file("a");
    expect([a?.source.size, await a?.source.read(1, 3)]).toEqual([3, Uint8Array.of(2, 3)]);
    expect(await folder.file("toString")).toBeUndefined();
  });
});
