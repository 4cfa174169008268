/**
 * Each architecture: a checkpoint that Hugging Face transformers wrote, as llama.cpp's converter would write it, gives the checkpoint's decoder and tensors.
 */
import { ggufArchitecture, ggufArchitectures as cases } from "@ropewalk/testing/checkpoints/gguf-architectures";
import type { GgufFileTensor, GgufValue } from "@ropewalk/testing/checkpoints/gguf-file";
import { denseTensor, ggufOfCheckpoint, ggufPartsOf } from "@ropewalk/testing/checkpoints/gguf-of-checkpoint";
import { ggufFile } from "@ropewalk/testing/checkpoints/gguf-file";
import type { Json } from "@ropewalk/testing/checkpoints/safetensors-file";
import { describe, expect, it } from "vitest";
import { inMemory, loadGguf, readDense, type Checkpoint } from "../../src/index.ts";

const uint32 = (value: number): GgufValue => ({ type: "uint32", value });
const float32 = (value: number): GgufValue => ({ type: "float32", value });
const text = (value: string): GgufValue => ({ type: "string", value });

const inFile = (bytes: Uint8Array) => inMemory("m", { "m.gguf": bytes });

const withoutFunctions = ({ decoder }: Checkpoint): object => JSON.parse(JSON.stringify(decoder)) as object;

/** Numbers beside others that went through float32. */
const near = (value: unknown): unknown =>
  typeof value === "number"
    ? Number(value.toPrecision(6))
    : Array.isArray(value)
      ? value.map(near)
      : typeof value === "object" && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, own]) => [key, near(own)]))
        : value;

describe.each(cases)("$architecture of $checkpoint", (stated) => {
  const { architecture } = stated;

  it("gives the decoder and the tensors of the checkpoint, in both forms", async () => {
    const { hf, parts } = await ggufArchitecture(stated);
    const folder = inFile(await ggufOfCheckpoint(parts, hf));
    const same = await loadGguf("m.gguf", folder, { form: "checkpoint" });
    const [own, wanted] = [near(withoutFunctions(same)), near(withoutFunctions(hf))] as Json[];
    const { scaling, ...rope } = own!["rope"] as Json;
    const { scaling: other, ...otherRope } = wanted!["rope"] as Json;
    expect(rope).toEqual(otherRope);
    expect(scaling).toMatchObject(
      Object.fromEntries(Object.entries(other as Json).filter(([key]) => key !== "factor")),
    );
    expect({ ...own, rope: 0, attention: 0 }).toEqual({ ...wanted, rope: 0, attention: 0 });
    expect(JSON.stringify(own!["attention"]) ?? "").toEqual(JSON.stringify(wanted!["attention"]) ?? "");
    for (const name of Object.keys(hf.decoder.tensors)) {
      const [a, b] = [await readDense(same, name), await readDense(hf, name)];
      expect(a.length).toBe(b.length);
      expect(a.findIndex((value, at) => Math.abs(value - b[at]!) > 1e-7)).toBe(-1);
    }
    const stored = await loadGguf("m.gguf", folder);
    const layout = /^(llama|smollm3)$/.test(architecture) ? "interleaved" : "halves";
    expect(stored.decoder.rope.layout).toBe(layout);
  });
});

describe("loadGguf", () => {
  const llama = async (): Promise<{ readonly parts: Parameters<typeof ggufFile>[0]; readonly hf: Checkpoint }> => {
    const { hf, parts } = await ggufArchitecture(cases[0]!);
    return { parts: await ggufPartsOf(parts, hf), hf };
  };
  const load = (parts: Parameters<typeof ggufFile>[0]): Promise<Checkpoint> =>
    loadGguf("m.gguf", inFile(ggufFile(parts)));

  it("reads queries, keys and values out of one matrix", async () => {
    const { hf, parts } = await ggufArchitecture({ architecture: "phi2", checkpoint: "phi" });
    const { metadata, tensors } = await ggufPartsOf(parts, hf);
    const fused: Record<string, GgufFileTensor> = { ...tensors };
    for (let layer = 0; layer < hf.decoder.numLayers; layer++)
      for (const kind of ["weight", "bias"]) {
        const three = ["q", "k", "v"].map((part) => `blk.${layer}.attn_${part}.${kind}`);
        const data = Buffer.concat(three.map((name) => fused[name]!.data));
        const [width, ...rest] = kind === "weight" ? fused[three[0]!]!.sizes : [];
        const rows = three.reduce((sum, name) => sum + fused[name]!.sizes.at(-1)!, 0);
        fused[`blk.${layer}.attn_qkv.${kind}`] = {
          sizes: kind === "weight" ? [width!, ...rest.slice(1), rows] : [rows],
          type: 0,
          data: new Uint8Array(data),
        };
        for (const name of three) delete fused[name];
      }
    const read = await load({ metadata, tensors: fused });
    for (const name of Object.keys(hf.decoder.tensors))
      expect(await readDense(read, name)).toEqual(await readDense(hf, name));
  });

  it("keeps factors of frequencies that are not Llama 3's", async () => {
    const { parts } = await llama();
    const own = Float32Array.from({ length: 8 }, (_, pair) => 1 + pair / 4);
    const { decoder } = await load({
      ...parts,
      tensors: { ...parts.tensors, "rope_freqs.weight": denseTensor(own, [8]) },
    });
    expect(decoder.rope.scaling).toMatchObject({
      kind: "longrope",
      shortFactor: [...own],
      longFactor: [...own],
      factor: 1,
    });
  });

  const key = (name: string, value: GgufValue | undefined) => async () => {
    const { parts } = await llama();
    const { [name]: _, ...others } = parts.metadata;
    return { ...parts, metadata: value === undefined ? others : { ...others, [name]: value } };
  };
  const tensor = (name: string, value: GgufFileTensor | undefined) => async () => {
    const { parts } = await llama();
    const { [name]: _, ...others } = parts.tensors;
    return { ...parts, tensors: value === undefined ? others : { ...others, [name]: value } };
  };
  const vector = denseTensor(new Float32Array(7), [7]);

  const scaled = async (stated: Readonly<Record<string, GgufValue>>): Promise<Checkpoint> => {
    const { parts } = await llama();
    const own = Object.fromEntries(Object.entries(stated).map(([name, value]) => [`llama.rope.${name}`, value]));
    return load({ ...parts, metadata: { ...parts.metadata, ...own } });
  };

  it.each([
    { "scaling.factor": float32(4) },
    { scale_linear: float32(4) },
    { "scaling.factor": float32(4), scale_linear: float32(4) },
    { "scaling.factor": float32(4), "scaling.type": text("linear") },
  ])("divides positions by the factor, whether or not the type is stated: %j", async (stated) => {
    const { decoder } = await scaled(stated);
    expect(decoder.rope.scaling).toEqual({ kind: "linear", factor: 4 });
  });

  it.each([0, 1])("divides nothing by a factor of %d", async (factor) => {
    for (const type of ["none", "linear"]) {
      const { decoder } = await scaled({ "scaling.factor": float32(factor), "scaling.type": text(type) });
      expect(decoder.rope.scaling).toEqual({ kind: "default" });
    }
  });

  it("refuses a factor that would be left out", async () => {
    const factor = float32(4);
    await expect(scaled({ "scaling.factor": factor, "scaling.type": text("none") })).rejects.toThrow(
      "loadGguf: m.gguf: llama.rope.scaling.factor must be 1 or absent where rope.scaling.type is none, got 4",
    );
    await expect(scaled({ "scaling.factor": factor, scale_linear: float32(2) })).rejects.toThrow(
      "llama.rope.scale_linear must be rope.scaling.factor 4, got 2",
    );
    const { parts } = await llama();
    const own = denseTensor(
      Float32Array.from({ length: 8 }, () => 2),
      [8],
    );
    const [metadata, tensors] = [{ ...parts.metadata, "llama.rope.scaling.factor": factor }, parts.tensors];
    await expect(load({ metadata, tensors: { ...tensors, "rope_freqs.weight": own } })).rejects.toThrow(
      "llama.rope.scaling.factor must be 1 or absent beside rope_freqs.weight, got 4",
    );
  });

  it.each([
    ["attention.sliding_window", uint32(0)],
    ["expert_count", uint32(0)],
    ["expert_used_count", uint32(0)],
    ["attention.causal", { type: "bool", value: true }],
    ["pooling_type", uint32(0)],
    ["feed_forward_length", { type: "ints", value: [160, 160, 160] }],
    ["feed_forward_length", { type: "uint64s", value: [160n, 160n, 160n] }],
    ["feed_forward_length", { type: "uint64", value: 160n }],
  ] as const)("takes %s for the model that it is without", async (name, value) => {
    const { parts, hf } = await llama();
    const [own, wanted] = [await load(await key(`llama.${name}`, value)()), await load(parts)];
    expect(withoutFunctions(own)).toEqual(withoutFunctions(wanted));
    expect(own.decoder.feedForwardDim).toBe(hf.decoder.feedForwardDim);
  });

  it.each([
    ["no architecture", key("general.architecture", undefined), /general\.architecture must be text, got nothing/],
    [
      "an unknown architecture",
      key("general.architecture", text("mamba")),
      /general\.architecture must be one of gemma, gemma2, gemma3, llama, phi2, phi3, qwen2, qwen3, smollm3, got "mamba"/,
    ],
    ["a key missing", key("llama.block_count", undefined), /llama\.block_count must be a number, got nothing/],
    ["a number as text", key("llama.block_count", text("2")), /llama\.block_count must be a number, got "2"/],
    ["no finite number", key("llama.rope.freq_base", float32(Infinity)), /llama\.rope\.freq_base must be finite/],
    [
      "another number of heads",
      key("llama.attention.head_count", uint32(3)),
      /llama\.attention\.head_count_kv must divide llama\.attention\.head_count 3, got 2/,
    ],
    [
      "a key that nothing reads",
      key("llama.expert_count", uint32(8)),
      /keys that are read here, got "llama\.expert_count"/,
    ],
    [
      "an unknown rope scaling",
      key("llama.rope.scaling.type", text("yarm")),
      /rope\.scaling\.type must be one of none, linear/,
    ],
    [
      "LongRoPE without factors",
      key("llama.rope.scaling.type", text("longrope")),
      /longrope with tensors of factors, got "longrope"/,
    ],
    [
      "another vocabulary",
      key("llama.vocab_size", uint32(5)),
      /vocab_size must be the \d+ rows of token_embd\.weight, got 5/,
    ],
    [
      "values of another width",
      key("llama.attention.value_length", uint32(4)),
      /value_length must be attention\.key_length/,
    ],
    [
      "heads that differ by layer",
      key("llama.attention.head_count", { type: "ints", value: [4, 2, 4] }),
      /the same in all layers/,
    ],
    [
      "a list of another length",
      key("llama.feed_forward_length", { type: "ints", value: [160, 160] }),
      /llama\.feed_forward_length must be a number, or 3 numbers, one a layer, got 2/,
    ],
    [
      "a query that sees ahead",
      key("llama.attention.causal", { type: "bool", value: false }),
      /"llama\.attention\.causal"/,
    ],
    [
      "an adapter",
      key("general.type", text("adapter")),
      /m\.gguf: general\.type must be model, or absent, got "adapter"/,
    ],
    [
      "a type that is no text",
      key("general.type", uint32(1)),
      /m\.gguf: general\.type must be model, or absent, got 1/,
    ],
    [
      "heads of no whole width",
      async () => {
        const { metadata, tensors } = await key("llama.attention.head_count", uint32(3))();
        const { "llama.attention.key_length": _, "llama.attention.value_length": __, ...others } = metadata;
        return { metadata: others, tensors };
      },
      /llama\.attention\.head_count must divide embedding_length 64 into heads of 1 to 65536, got 3/,
    ],
    [
      "a factor that is no number above 0",
      tensor("rope_freqs.weight", denseTensor(Float32Array.of(0, 1, 1, 1, 1, 1, 1, 1), [8])),
      /m\.gguf: rope_freqs\.weight\[0\] must be a finite number above 0, got 0/,
    ],
    ["too few factors", tensor("rope_freqs.weight", vector), /m\.gguf: rope_freqs\.weight must have 8 numbers, got 7/],
    ["no embedding", tensor("token_embd.weight", undefined), /there must be a tensor token_embd\.weight/],
    ["a tensor missing", tensor("blk.1.ffn_up.weight", undefined), /the file must have blk\.1\.ffn_up\.weight/],
    [
      "a tensor of another shape",
      tensor("blk.0.attn_norm.weight", vector),
      /attn_norm\.weight must be \[64\], got \[7\]/,
    ],
    [
      "a tensor that nothing reads",
      tensor("blk.0.attn_sinks.weight", vector),
      /must have no tensor that llama does not read, got "blk\.0\.attn_sinks\.weight"/,
    ],
    ["factors of one kind", tensor("rope_factors_long.weight", vector), /there must be rope_factors_short\.weight/],
  ])("refuses %s by name", async (_, change, message) => {
    const error = await load(await change()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toMatch(message);
  });
});

/** The words of config.json, and of the functions that read it: a GGUF file has none of them. */
const ofConfig =
  /config\.json|\.read:|hidden_size|intermediate_size|num_|_dim\b|max_position|_eps\b|rope_|partial_|layer_types/;

const firstOfEach = cases.filter(
  ({ architecture }, at) => cases.findIndex((each) => each.architecture === architecture) === at,
);

describe.each([...firstOfEach, cases[2]!])("numbers that $architecture of $checkpoint cannot have", (stated) => {
  it("are refused with the file's name and its key", async () => {
    const { hf, parts: own } = await ggufArchitecture(stated);
    const parts = await ggufPartsOf(own, hf);
    const numbers = Object.entries(parts.metadata).filter(([, { type }]) => /^(uint32|float32)$/.test(type));
    expect(numbers.length).toBeGreaterThan(8);
    for (const [name] of numbers)
      for (const value of [-1, 0, 0.5, 3e9]) {
        const changed = { ...parts, metadata: { ...parts.metadata, [name]: float32(value) } };
        const result = await loadGguf("m.gguf", inFile(ggufFile(changed))).catch((error: unknown) => error);
        if (!(result instanceof Error)) continue;
        const { message } = result;
        expect(message).toMatch(/^loadGguf: m\.gguf: .* must .*, got /);
        expect(message.replace(/rope_(freqs|factors)/g, "")).not.toMatch(ofConfig);
      }
  });
});
