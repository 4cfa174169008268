/** Blocks in a checkpoint's files that are not as they must be, and quantized checkpoints of other makers. */
import { bytesOf, safetensorsFile, type Json } from "@ropewalk/testing/checkpoints/safetensors-file";
import { smallConfig } from "@ropewalk/testing/checkpoints/small-checkpoint";
import { rejectionOf } from "@ropewalk/testing/thrown";
import { describe, expect, it } from "vitest";
import { inMemory, llama, loadCheckpoint } from "../../src/index.ts";

type Tensors = Readonly<Record<string, readonly [dtype: string, ...shape: number[]]>>;

const widths: Readonly<Record<string, number>> = { U8: 1, I8: 1, F16: 2, F32: 4, I32: 4 };

/** A file of zeros. */
const weights = (tensors: Tensors): Uint8Array => {
  const header: Record<string, Json> = {};
  let end = 0;
  for (const [name, [dtype, ...shape]] of Object.entries(tensors)) {
    const from = end;
    end += widths[dtype]! * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype, shape, data_offsets: [from, end] };
  }
  return safetensorsFile(header, end);
};

const q = "model.layers.0.self_attn.q_proj.weight";
const file = "RangeError: loadCheckpoint: model.safetensors";

const dense: Tensors = Object.fromEntries(
  Object.entries(llama.read(smallConfig).tensors).map(([name, shape]) => [name, ["F32", ...shape] as const]),
);

const { [q]: _, ...withoutQ } = dense;

const ours: Json = { quant_method: "ropewalk", block_size: 32 };

const load = (quantization: Json | undefined, tensors: Tensors) =>
  loadCheckpoint(
    inMemory("small", {
      "config.json": bytesOf(
        JSON.stringify({ ...smallConfig, ...(quantization && { quantization_config: quantization }) }),
      ),
      "model.safetensors": weights(tensors),
    }),
  );

const [elements, scales] = [`${q}.elements`, `${q}.scales`];

describe("a checkpoint in blocks", () => {
  it.each([
    [4, 16],
    [8, 32],
  ])("has matrices of %i bits", async (bits, bytes) => {
    const { locateBlocks, tensors } = await load(ours, {
      ...withoutQ,
      [elements]: ["U8", 8, 1, bytes],
      [scales]: ["F32", 8, 1],
    });
    const place = (name: string) => {
      const { offset, length } = tensors.get(name)!;
      return { location: "model.safetensors", offset, length };
    };
    expect(locateBlocks?.(q)).toEqual({ bits, blockSize: 32, elements: place(elements), scales: place(scales) });
    expect(locateBlocks?.("model.layers.0.self_attn.k_proj.weight")).toBeUndefined();
  });

  it("may have blocks of another size", async () => {
    const tensors: Tensors = { ...withoutQ, [elements]: ["U8", 8, 4, 1], [scales]: ["F32", 8, 4] };
    expect((await load({ ...ours, block_size: 2 }, tensors)).locateBlocks?.(q)).toMatchObject({
      bits: 4,
      blockSize: 2,
    });
  });

  it.each<readonly [Tensors, string]>([
    [{ [elements]: ["U8", 8, 1, 16] }, ` must have ${scales} too, got nothing`],
    [{ [scales]: ["F32", 8, 1] }, ` must have ${elements} too, got nothing`],
    [{ [elements]: ["I8", 8, 1, 16], [scales]: ["F32", 8, 1] }, `: ${elements} must be of type U8, got "I8"`],
    [{ [elements]: ["U8", 8, 1, 8], [scales]: ["F32", 8, 1] }, `: ${elements} must be [8, 1, 16 or 32], got [8, 1, 8]`],
    [
      { [elements]: ["U8", 8, 2, 16], [scales]: ["F32", 8, 2] },
      `: ${elements} must be [8, 1, 16 or 32], got [8, 2, 16]`,
    ],
    [
      { [elements]: ["U8", 4, 1, 16], [scales]: ["F32", 4, 1] },
      `: ${elements} must be [8, 1, 16 or 32], got [4, 1, 16]`,
    ],
    [{ [elements]: ["U8", 8, 16], [scales]: ["F32", 8, 1] }, `: ${elements} must be [8, 1, 16 or 32], got [8, 16]`],
    [{ [elements]: ["U8", 8, 1, 16], [scales]: ["F16", 8, 1] }, `: ${scales} must be of type F32, got "F16"`],
    [{ [elements]: ["U8", 8, 1, 16], [scales]: ["F32", 8] }, `: ${scales} must be [8, 1], got [8]`],
    [{}, ` must have ${q}, got nothing`],
  ])("is refused with %j", async (tensors, message) => {
    expect(await rejectionOf(load(ours, { ...withoutQ, ...tensors }))).toBe(`${file}${message}`);
  });

  it("is refused with a tied embedding in blocks alone", async () => {
    const { "lm_head.weight": __, "model.embed_tokens.weight": ___, ...rest } = dense;
    const table = "model.embed_tokens.weight";
    const tied = { ...smallConfig, tie_word_embeddings: true, quantization_config: ours };
    const files = {
      "config.json": bytesOf(JSON.stringify(tied)),
      "model.safetensors": weights({
        ...rest,
        [`${table}.elements`]: ["U8", 5, 1, 32],
        [`${table}.scales`]: ["F32", 5, 1],
      }),
    };
    expect(await rejectionOf(loadCheckpoint(inMemory("small", files)))).toBe(`${file} must have ${table}, got nothing`);
  });

  it("is refused where its config does not say so", async () => {
    const tensors: Tensors = { ...withoutQ, [elements]: ["U8", 8, 1, 16], [scales]: ["F32", 8, 1] };
    expect(await rejectionOf(load(undefined, tensors))).toBe(`${file} must have ${q}, got nothing`);
  });
});

describe("quantization_config", () => {
  const at = "loadCheckpoint: config.json: quantization_config";
  const hint = "must be ropewalk (take the checkpoint that this one was made from)";
  it.each<readonly [string, Json, string]>([
    ["GPTQ", { bits: 4, group_size: 128, quant_method: "gptq", desc_act: true }, `quant_method ${hint}, got "gptq"`],
    ["AWQ", { bits: 4, group_size: 128, quant_method: "awq", zero_point: true }, `quant_method ${hint}, got "awq"`],
    ["bitsandbytes", { load_in_4bit: true, quant_method: "bitsandbytes" }, `quant_method ${hint}, got "bitsandbytes"`],
    ["fp8", { activation_scheme: "dynamic", quant_method: "fp8" }, `quant_method ${hint}, got "fp8"`],
    ["an unnamed one", { load_in_8bit: true }, `quant_method ${hint}, got nothing`],
    ["no block size", { quant_method: "ropewalk" }, "block_size must be a positive integer, got nothing"],
    ["odd blocks", { ...ours, block_size: 31 }, "block_size must be even, got 31"],
    ["empty blocks", { ...ours, block_size: 0 }, "block_size must be an integer from 1 to 9007199254740991, got 0"],
  ])("is refused: %s", async (_name, quantization, message) => {
    expect(await rejectionOf(load(quantization, dense))).toMatch(/^(?:Range|Type)Error: /);
    expect((await rejectionOf(load(quantization, dense))).replace(/^\w+: /, "")).toBe(`${at}: ${message}`);
  });

  it("that is null says nothing", async () => {
    const config = bytesOf(JSON.stringify({ ...smallConfig, quantization_config: null }));
    const checkpoint = await loadCheckpoint(
      inMemory("small", { "config.json": config, "model.safetensors": weights(dense) }),
    );
    expect(checkpoint.locateBlocks?.(q)).toBeUndefined();
  });
});

describe("weights packed by others, without a config that says so", () => {
  it("are refused as GPTQ and AWQ name them", async () => {
    const packed = q.replace(/weight$/, "qweight");
    expect(await rejectionOf(load(undefined, { ...withoutQ, [packed]: ["I32", 1, 8] }))).toBe(
      `${file} must have ${q}, not packed as GPTQ and AWQ do it, got "${packed}"`,
    );
  });

  it("are refused as bitsandbytes shapes them", async () => {
    expect(await rejectionOf(load(undefined, { ...dense, [q]: ["U8", 32, 1] }))).toBe(
      `${file}: ${q} must be [8, 8], got [32, 1]`,
    );
  });

  it("are refused as 8 bits in their shape", async () => {
    expect(await rejectionOf(load(undefined, { ...dense, [q]: ["I8", 8, 8] }))).toBe(
      `${file}: ${q} must be of type F32, F16, BF16, got "I8"`,
    );
  });
});

describe("tensors that the config knows nothing of", () => {
  const change = (tensors: Tensors): Promise<string> => rejectionOf(load(undefined, { ...dense, ...tensors }));

  it("are refused: a layer more", async () => {
    const name = "model.layers.1.input_layernorm.weight";
    expect(await change({ [name]: ["F32", 8] })).toBe(
      `${file} must have no layer beyond num_hidden_layers 1, got "${name}"`,
    );
  });

  it("are refused: a bias of what has none", async () => {
    for (const name of [q.replace(/weight$/, "bias"), "lm_head.bias"])
      expect(await change({ [name]: ["F32", 8] })).toBe(
        `${file} must have no bias that config.json does not state, got "${name}"`,
      );
  });

  it("are left alone: buffers, and what belongs to nothing that is read", async () => {
    const others: Tensors = {
      "model.layers.0.self_attn.rotary_emb.inv_freq": ["F32", 2],
      "score.bias": ["F32", 2],
      "layers.7.weight": ["F32", 1],
    };
    expect(await change(others)).toBe("nothing");
  });
});
