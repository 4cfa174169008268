/** Adapters: what PEFT wrote is read whole or refused by name, and what is written is read to the bit. */
import { entropyAbf, logN, recordOf, selfExtend, yarn, type ContextExtension } from "@ropewalk/context-extension";
import { checkpointFolders, readBytes, readConfig } from "@ropewalk/testing/checkpoints/checkpoint-folders";
import type { Json } from "@ropewalk/testing/checkpoints/safetensors-file";
import { rejectionOf, thrownBy } from "@ropewalk/testing/thrown";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  adaptable,
  adapterFiles,
  convertCheckpoint,
  holdFiles,
  inMemory,
  loadAdapter,
  loadCheckpoint,
  readDense,
  readSafetensorsHeader,
  tunedUnder,
  withAdapters,
  type Adapter,
  type AdapterModule,
  type CheckpointFolder,
} from "../../src/index.ts";
import { openFolder } from "../../src/node.ts";
import { encodeSafetensorsHeader } from "../../src/safetensors/encode-header.ts";

const lora = new URL("../vectors/lora/", import.meta.url);
const config = JSON.parse(new TextDecoder().decode(readBytes(lora, "adapter_config.json"))) as Json;
const weights = readBytes(lora, "adapter_model.safetensors");
const base = await loadCheckpoint(await openFolder(checkpointFolders.llama));
const written = await loadAdapter(await openFolder(lora));

const text = (json: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(json));

/** The adapter with keys of its config changed. */
const changed = (change: Json, tensors: Uint8Array = weights): CheckpointFolder =>
  inMemory("lora", {
    "adapter_config.json": text({ ...config, ...change }),
    "adapter_model.safetensors": tensors,
  });

/** A file of these tensors, all elements `fill`. */
const fileOf = (shapes: Readonly<Record<string, readonly number[]>>, fill = 0.5): Uint8Array => {
  const tensors = Object.entries(shapes).map(([name, dims]) => ({
    name,
    type: "F32" as const,
    dims,
    length: 4 * dims.reduce((product, size) => product * size, 1),
  }));
  const size = tensors.reduce((sum, { length }) => sum + length, 0);
  const header = encodeSafetensorsHeader(tensors);
  const bytes = new Uint8Array(header.length + size);
  bytes.set(header);
  bytes.set(new Uint8Array(new Float32Array(size / 4).fill(fill).buffer), header.length);
  return bytes;
};

const module = "model.layers.1.self_attn.q_proj";
const [nameA, nameB] = [`base_model.model.${module}.lora_A.weight`, `base_model.model.${module}.lora_B.weight`];
/** Beside one matrix alone, which the config names by its whole name. */
const alone: Json = { target_modules: [module] };
const pair = { [nameA]: [4, 64], [nameB]: [64, 4] };

describe("loadAdapter", () => {
  it("reads what PEFT wrote", () => {
    expect(written.modules.size).toBe(12);
    expect([...written.modules.values()].every(({ rank, scale }) => rank === 4 && scale === 1.5)).toBe(true);
    expect(written.modules.get("model.layers.2.mlp.down_proj")!.A.dims).toEqual([4, 160]);
    expect(withAdapters(base, [{ adapter: written }]).adapters!.size).toBe(12);
  });

  it.each<readonly [change: Json, scale: number]>([
    [{ lora_alpha: 8 }, 2],
    [{ use_rslora: true }, 3],
    [{ alpha_pattern: { q_proj: 12 } }, 3],
    [{ alpha_pattern: { "layers.1.self_attn.q_proj": 12, q_proj: 1 } }, 3],
    [{ alpha_pattern: { "^model.layers.1.self_attn.q_proj": 12 } }, 3],
    [{ alpha_pattern: { "layers.\\d+.self_attn.q_proj": 12 } }, 3],
    [{ alpha_pattern: { k_proj: 12, proj: 12, "layers.0.self_attn.q_proj": 12 } }, 1.5],
    [{ r: 2, rank_pattern: { q_proj: 4 } }, 1.5],
    [{ lora_alpha: 0 }, 0],
  ])("reads the scale of %j", async (change, scale) => {
    const adapter = await loadAdapter(changed({ ...alone, ...change }, fileOf(pair)));
    expect(adapter.modules.get(module)!.scale).toBe(scale);
  });

  it.each<Json>([
    { target_modules: ["q_proj"], layers_to_transform: [1] },
    { target_modules: ["self_attn.q_proj"], layers_to_transform: 1, layers_pattern: "layers" },
    { target_modules: ["q_proj"], exclude_modules: ["layers.0.self_attn.q_proj", "model.layers.2.self_attn.q_proj"] },
    { target_modules: ".*\\.1\\.self_attn\\.q_proj" },
    { target_modules: "all-linear" },
    alone,
  ])("knows which modules are meant by %j", async (change) => {
    const adapter = await loadAdapter(changed(change, fileOf(pair)));
    expect([...withAdapters(base, [{ adapter }]).adapters!.keys()]).toEqual([`${module}.weight`]);
  });

  it.each<Json>([
    { peft_type: "IA3" },
    { peft_type: undefined },
    { bias: "all" },
    { bias: "lora_only" },
    { fan_in_fan_out: true },
    { use_dora: true },
    { lora_bias: true },
    { modules_to_save: ["lm_head"] },
    { init_lora_weights: "pissa" },
    { init_lora_weights: "olora" },
    { layer_replication: [[0, 2]] },
    { trainable_token_indices: [3] },
    { target_parameters: ["experts.weight"] },
    { alora_invocation_tokens: [1, 2] },
    { use_qalora: true },
    { use_bdlora: { rank: 2 } },
    { megatron_config: { a: 1 } },
    { ensure_weight_tying: true },
    { a_key_of_tomorrow: "on" },
    { r: 0 },
    { r: "4" },
    { lora_alpha: null },
    { use_rslora: "yes" },
    { target_modules: null },
    { target_modules: [1] },
    { exclude_modules: 3 },
    { layers_to_transform: ["1"] },
    { layers_pattern: "(a+)+" },
    { rank_pattern: { q_proj: 2.5 } },
    { rank_pattern: { "((a+)+)+": 4 } },
    { alpha_pattern: { "(": 4 } },
    { alpha_pattern: { q_proj: "4" } },
    { alpha_pattern: [] as unknown as Json, rank_pattern: 3 },
  ])("refuses %j by the key", async (change) => {
    const key = Object.keys(change).at(-1)!;
    expect(await rejectionOf(loadAdapter(changed(change)))).toMatch(
      new RegExp(`^(Range|Type)Error: loadAdapter: adapter_config\\.json: ${key}\\b.* must .*, got `),
    );
  });

  it("lets keys be that only tell how it was trained, and unknown ones that ask for nothing", async () => {
    const change = {
      lora_dropout: 0.1,
      revision: "main",
      loftq_config: { bits: 4 },
      tomorrow: null,
      other: {},
      no: [],
    };
    expect((await loadAdapter(changed(change))).modules.size).toBe(12);
  });

  it.each<readonly [shapes: Readonly<Record<string, readonly number[]>>, message: string]>([
    [{ [nameA]: [8, 64], [nameB]: [64, 4] }, `${nameA} must be [4, in], got [8, 64]`],
    [{ [nameA]: [4, 64], [nameB]: [64, 8] }, `${nameB} must be [out, 4], got [64, 8]`],
    [{ [nameA]: [4, 64] }, `beside ${nameA} must be its lora_B, got nothing`],
    [{ [nameB]: [64, 4] }, `beside ${nameB} must be its lora_A, got nothing`],
    [{}, "there must be tensors, two a module, got nothing"],
    [
      { ...pair, [`base_model.model.${module}.lora_magnitude_vector`]: [64] },
      `base_model.model.${module}.lora_magnitude_vector must be named base_model.model.<module>.lora_A.weight, or lora_B, got [64]`,
    ],
    [
      { ...pair, "base_model.model.model.embed_tokens.lora_embedding_A": [4, 128] },
      "base_model.model.model.embed_tokens.lora_embedding_A must be named base_model.model.<module>.lora_A.weight, or lora_B, got [4, 128]",
    ],
  ])("refuses tensors %j", async (shapes, message) => {
    expect(await rejectionOf(loadAdapter(changed(alone, fileOf(shapes))))).toBe(
      `RangeError: loadAdapter: adapter_model.safetensors: ${message}`,
    );
  });

  it("refuses elements that are no numbers, and a folder without config or weights", async () => {
    expect(await rejectionOf(loadAdapter(changed(alone, fileOf(pair, NaN))))).toContain(`${nameA} must hold finite`);
    const missing = inMemory("lora", { "adapter_config.json": text(config), "adapter_model.bin": new Uint8Array(8) });
    expect(await rejectionOf(loadAdapter(missing))).toBe(
      'RangeError: loadAdapter: lora must have adapter_model.safetensors, got "adapter_model.bin"',
    );
    expect(await rejectionOf(loadAdapter(inMemory("none", {})))).toBe(
      "RangeError: loadAdapter: none must have adapter_config.json, got nothing",
    );
  });
});

describe("withAdapters", () => {
  const thrown = async (change: Json, shapes: Readonly<Record<string, readonly number[]>>): Promise<string> => {
    const adapter = await loadAdapter(changed(change, fileOf(shapes)));
    return thrownBy(() => withAdapters(base, [{ adapter }]));
  };

  it("names a tensor of another shape, and both shapes", async () => {
    expect(await thrown(alone, { [nameA]: [4, 32], [nameB]: [64, 4] })).toBe(
      `RangeError: withAdapters: lora: ${nameA} must be [4, 64] beside ${module}.weight [64, 64], got [4, 32]`,
    );
    expect(await thrown(alone, { [nameA]: [4, 64], [nameB]: [96, 4] })).toBe(
      `RangeError: withAdapters: lora: ${nameB} must be [64, 4] beside ${module}.weight [64, 64], got [96, 4]`,
    );
  });

  it("names a tensor without a place, and one that is missing", async () => {
    const beyond = nameA.replace("layers.1", "layers.7");
    expect(
      await thrown({ target_modules: ["q_proj"] }, { [beyond]: [4, 64], [beyond.replace("_A", "_B")]: [64, 4] }),
    ).toBe(
      `RangeError: withAdapters: lora: ${beyond} must be beside a matrix of llama, such as model.layers.0.self_attn.q_proj, got [4, 64]`,
    );
    expect(await thrown({ target_modules: ["q_proj"] }, pair)).toBe(
      `RangeError: withAdapters: lora must have ${nameA.replace("layers.1", "layers.0")}, whose module target_modules names, got nothing`,
    );
    expect(await thrown({ target_modules: ["k_proj"] }, pair)).toMatch(
      /^RangeError: withAdapters: lora: target_modules must name model\.layers\.1\.self_attn\.q_proj/,
    );
  });

  it("takes an adapter of the head, also where that is the embedding", async () => {
    const tied = await loadCheckpoint(await openFolder(checkpointFolders.stories260K));
    const [vocab, hidden] = tied.decoder.tensors[tied.decoder.unembedding] as readonly [number, number];
    const names = ["A", "B"].map((side) => `base_model.model.lm_head.lora_${side}.weight`) as [string, string];
    const shapes = { [names[0]]: [4, hidden], [names[1]]: [vocab, 4] };
    const adapter = await loadAdapter(changed({ target_modules: ["lm_head"] }, fileOf(shapes)));
    const adapted = withAdapters(tied, [{ adapter }]);
    expect([...adapted.adapters!.keys()]).toEqual([tied.decoder.unembedding]);
    expect(adaptable(tied.decoder).has("lm_head")).toBe(true);
    expect(adaptable(tied.decoder).has("model.embed_tokens")).toBe(false);
    await expect(convertCheckpoint(adapted, undefined)).rejects.toThrow("must be a matrix of its own");
  });
});

/** W + s B A, plainly. */
const merged = (matrix: Float32Array, { A, B, rank }: AdapterModule, scale: number): Float32Array => {
  const inner = A.dims[1]!;
  return matrix.map((element, at) => {
    const [row, column] = [Math.floor(at / inner), at % inner];
    let sum = 0;
    for (let r = 0; r < rank; r++) sum += B.data[row * rank + r]! * A.data[r * inner + column]!;
    return element + scale * sum;
  });
};

describe("convertCheckpoint", () => {
  it("merges adapters, each at its scale", async () => {
    const other: Adapter = { ...written, modules: new Map([...written.modules].slice(0, 3)) };
    const partly = { ...other, targets: () => undefined };
    const adapted = withAdapters(withAdapters(base, [{ adapter: written, scale: 0.5 }]), [
      { adapter: partly, scale: -2 },
    ]);
    const files = await convertCheckpoint(adapted, undefined);
    const whole = await loadCheckpoint(await holdFiles("merged", files));
    for (const name of Object.keys(base.decoder.tensors)) {
      const own = name.replace(/\.weight$/, "");
      let wanted = await readDense(base, name);
      if (written.modules.has(own)) wanted = merged(wanted, written.modules.get(own)!, 1.5 * 0.5);
      if (partly.modules.has(own)) wanted = merged(wanted, partly.modules.get(own)!, 1.5 * -2);
      const got = await readDense(whole, name);
      const worst = got.reduce((most, element, at) => Math.max(most, Math.abs(element - wanted[at]!)), 0);
      expect(worst).toBeLessThan(1e-6);
    }
    expect(whole.adapters).toBeUndefined();
    expect(readConfig(checkpointFolders.llama)).toEqual(JSON.parse(await textOf(whole.folder, "config.json")));
  });
});

const textOf = async (folder: CheckpointFolder, name: string): Promise<string> => {
  const { source } = (await folder.file(name))!;
  return new TextDecoder().decode(await source.read(0, source.size));
};

describe("adapterFiles", () => {
  const numbers = {
    rank: 4,
    alpha: 6,
    targets: config["target_modules"] as readonly string[],
    baseModel: "tiny/llama",
  };

  it("writes what PEFT wrote: names, shapes, elements and config", async () => {
    const folder = await holdFiles("again", adapterFiles(numbers, Object.fromEntries(written.modules)));
    expect(JSON.parse(await textOf(folder, "adapter_config.json"))).toEqual(config);
    const { source } = (await folder.file("adapter_model.safetensors"))!;
    const entries = async (file: typeof source) =>
      (await readSafetensorsHeader("f", file)).map(({ name, type, dims, length }) => ({ name, type, dims, length }));
    const original = (await (await openFolder(lora)).file("adapter_model.safetensors"))!.source;
    expect(await entries(source)).toEqual(await entries(original));
    expect((await loadAdapter(folder)).modules).toEqual(written.modules);
  });

  it("is read to the bit, whatever the elements", async () => {
    const elements = fc.float32Array({ minLength: 4, maxLength: 4, noNaN: true, noDefaultInfinity: true });
    await fc.assert(
      fc.asyncProperty(elements, elements, async (a, b) => {
        const modules = { [module]: { A: { dims: [2, 2], data: a }, B: { dims: [2, 2], data: b } } };
        const files = adapterFiles({ ...numbers, rank: 2, targets: ["q_proj"] }, modules);
        const read = (await loadAdapter(await holdFiles("again", files))).modules.get(module)!;
        expect([read.A.data, read.B.data]).toEqual([a, b]);
      }),
      { numRuns: 20 },
    );
  });

  it("refuses a matrix of another rank, none at all, and unknown keys", () => {
    const A = { dims: [2, 3], data: new Float32Array(6) };
    const B = { dims: [3, 4], data: new Float32Array(12) };
    expect(thrownBy(() => adapterFiles(numbers, { [module]: { A, B } }))).toBe(
      `RangeError: adapterFiles: ${nameA} must be [4, in], got [2, 3]`,
    );
    expect(thrownBy(() => adapterFiles(numbers, {}))).toMatch(/modules must be at least one, got 0$/);
    expect(thrownBy(() => adapterFiles({ ...numbers, r: 4 } as never, {}))).toMatch(/^TypeError: .*"r"/);
  });
});

describe("the extension that an adapter was learned under", () => {
  const numbers = {
    rank: 4,
    alpha: 6,
    targets: config["target_modules"] as readonly string[],
    baseModel: "tiny/llama",
  };
  const under = async (extension: ContextExtension, seqLen: number, name = "lora"): Promise<Adapter> => {
    const tuned = tunedUnder(base.decoder, extension, seqLen);
    return loadAdapter(await holdFiles(name, adapterFiles(numbers, Object.fromEntries(written.modules), tuned)));
  };

  it("comes along, and the window with it where positions are the model's own", async () => {
    const entropy = entropyAbf({ trainedContext: 64 });
    const cases: readonly (readonly [ContextExtension, number])[] = [
      [entropy, 256],
      [yarn({ factor: 4, originalContext: 64 }), 64],
      [selfExtend({ groupSize: 4, window: 16 }), 64],
      [{}, 256],
    ];
    for (const [extension, window] of cases) {
      const adapted = withAdapters(base, [{ adapter: written }, { adapter: await under(extension, 256), scale: 0 }]);
      expect(recordOf(adapted.extension())).toEqual(recordOf(extension));
      expect(adapted.decoder.trainedContext).toBe(window);
    }
    expect(tunedUnder(base.decoder, {}, 32)).toBeUndefined();
  });

  it("stands in the config of the merged checkpoint", async () => {
    const extension = entropyAbf({ trainedContext: 64 });
    const adapted = withAdapters(base, [{ adapter: await under(extension, 256) }]);
    const whole = await loadCheckpoint(await holdFiles("merged", await convertCheckpoint(adapted, undefined)));
    expect(whole.decoder.rope.theta).toBe(500_000);
    expect(recordOf(whole.extension()).entropy).toEqual(recordOf(extension).entropy);
    expect(whole.decoder.trainedContext).toBe(256);
  });

  it("is one: of two the second is named", async () => {
    const [one, other] = [await under(logN({ trainedContext: 64 }), 64), await under({}, 256, "other")];
    expect(thrownBy(() => withAdapters(base, [{ adapter: one }, { adapter: other }]))).toMatch(
      /^RangeError: withAdapters: other must be learned under the extension of lora, \{.*, got /,
    );
    const before = withAdapters(base, [{ adapter: one }]);
    expect(thrownBy(() => withAdapters(before, [{ adapter: other }]))).toMatch(/the extension of an adapter before it/);
    expect(withAdapters(before, [{ adapter: written }]).extension()).toEqual(before.extension());
  });

  it.each<readonly [json: unknown, message: RegExp]>([
    [[], /ropewalk\.json must be an object/],
    [{ trainedContext: 64 }, /ropewalk\.json: entry\.extension must be an object, got nothing/],
    [{ trainedContext: 0, extension: {} }, /ropewalk\.json: entry: trainedContext must be an integer >= 1, got 0/],
    [{ trainedContext: 64, extension: {}, window: 3 }, /ropewalk\.json: entry must have no keys but .*, got "window"/],
    [
      { trainedContext: 64, extension: { positions: { kind: "none" } } },
      /entry\.extension\.positions\.kind must be one of .*, got "none"$/,
    ],
  ])("refuses %j in its file", async (json, message) => {
    const folder = changed({});
    const file = inMemory("lora", { "ropewalk.json": text(json) });
    const both = { ...folder, file: async (name: string) => (await file.file(name)) ?? folder.file(name) };
    expect(await rejectionOf(loadAdapter(both))).toMatch(message);
  });
});
