/** Published configs at full size: the windows that are read off them, the names that are refused. */
import { attentionGroups, reRope, selfExtend, withPositions } from "@ropewalk/context-extension";
import { extendDecoder } from "@ropewalk/decoder";
import { bytesOf, type Json } from "@ropewalk/testing/checkpoints/safetensors-file";
import { shapesOf } from "@ropewalk/testing/plain-decoders/plain-decoder";
import { published } from "@ropewalk/testing/published-configs/published";
import { rejectionOf } from "@ropewalk/testing/thrown";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { familyOf } from "../../src/families/families.ts";
import { inMemory, loadCheckpoint, readRotation } from "../../src/index.ts";

const read = (config: Json) => familyOf(config).read(config);

describe("a published config", () => {
  it("is one of more than 40", () => expect(Object.keys(published).length).toBeGreaterThan(40));

  it.each(Object.entries(published))("of %s", (_, { config, trainedContext, slidingWindow, attention: kinds }) => {
    const decoder = read(config);
    expect(
      decoder.attention &&
        attentionGroups(decoder).map(({ layers, kind: { rope: own, slidingWindow: window, scoreScale, softcap } }) => ({
          layers: layers.length,
          theta: own?.theta,
          window,
          softcap,
          scalar: scoreScale === undefined ? undefined : Number((scoreScale ** -2).toPrecision(12)),
        })),
    ).toEqual(kinds?.map((kind) => ({ window: undefined, scalar: undefined, softcap: undefined, ...kind })));
    const { headDim } = decoder;
    expect({ trainedContext: decoder.trainedContext, slidingWindow: decoder.slidingWindow }).toEqual({
      trainedContext,
      slidingWindow,
    });
    expect(decoder.tensors).toEqual(shapesOf(config));
    const { rope, contextLimit, statedPositions, attention } = decoder;
    expect(readRotation(config, { headDim })).toEqual({
      rope,
      trainedContext,
      slidingWindow,
      ...(contextLimit && { contextLimit }),
      ...(statedPositions && { statedPositions }),
      ...(attention && { attention }),
    });
    const q8 = () => extendDecoder(decoder, {}, { cache: "q8" });
    if (slidingWindow === undefined) expect(q8().attentionPath).toEqual({ kind: "everything" });
    else expect(q8).toThrow("a cache in q8 needs tokens that leave the window and are still attended");
  });

  it.each<readonly [string, number, string, number]>([
    ["Mistral 7B v0.1", 4096, "sliding_window", 32_768],
    ["Mistral 7B v0.1, transformers 5", 4096, "sliding_window", 32_768],
    ["Zephyr 7B beta", 4096, "sliding_window", 32_768],
    ["Phi-3 mini 4k", 2047, "sliding_window", 4096],
    ["Qwen2.5 7B instruct 1M", 262_144, "dual_chunk_attention_config", 1_010_000],
  ])("of %s has positions counted from %i tokens, and a notice says so", (name, tokens, key, stated) => {
    const decoder = read(published[name]!.config);
    const notice =
      `positions are counted from ${tokens} tokens, the checkpoint's ${key}, and not from max_position_embeddings ${stated}: ` +
      "attention had no longer distances in training (trainedContext sets another window)";
    const extended = extendDecoder(decoder, selfExtend({ groupSize: 8, window: 1024 }));
    expect(extended.knownContext).toBe(tokens);
    expect(extended.notices).toContain(notice);
    expect(() => extendDecoder(decoder, reRope({ window: tokens + 1 }))).toThrow(RangeError);
    // Attention that slides counts from nothing; a window that is set by hand is not the config's.
    const own = extendDecoder(decoder, {});
    expect([own.capacity, own.notices[0]]).toEqual(key === "sliding_window" ? [Infinity, undefined] : [tokens, notice]);
    expect(own.notices).toHaveLength(key === "sliding_window" ? 0 : 2);
    const byHand = extendDecoder({ ...decoder, trainedContext: stated }, selfExtend({ groupSize: 8, window: 1024 }));
    expect(byHand.knownContext).toBe(stated);
    expect(byHand.notices).not.toContain(notice);
  });

  it("states dual chunk attention, which holds where it is asked for, and is never left out in silence", () => {
    const decoder = read(published["Qwen2.5 7B instruct 1M"]!.config);
    const { positions, tokens } = decoder.statedPositions!;
    expect(positions).toEqual({ kind: "dual-chunk", chunkSize: 262_144, localSize: 8192 });
    expect(tokens).toBe(1_010_000);
    const asked = extendDecoder(decoder, withPositions(positions));
    expect(asked.attentionPath).toEqual({ kind: "chunked", chunkLen: 253_952, ringChunks: 2 });
    expect([asked.capacity, asked.notices]).toEqual([1_010_000, []]);
    const notice = (name: string): string =>
      "the checkpoint's dual_chunk_attention_config states DualChunk(chunkSize 262144, localSize 8192) for up to 1010000 tokens, " +
      `which holds where it is asked for: ${name} is`;
    expect(extendDecoder(decoder, {}).notices).toContain(notice("none"));
    const folded = selfExtend({ groupSize: 8, window: 1024 });
    expect(extendDecoder(decoder, folded).notices).toContain(notice("SelfExtend(groupSize 8, window 1024)"));
    // Other numbers are another's.
    const other = extendDecoder(decoder, withPositions({ kind: "dual-chunk", chunkSize: 262_144, localSize: 4096 }));
    expect(other.capacity).toBe(262_144);
    expect(other.notices).toContain(notice("DualChunk(chunkSize 262144, localSize 4096)"));
  });

  it("states a window of dual chunk attention, or is refused", () => {
    const { config } = published["Qwen2.5 7B instruct 1M"]!;
    const dual = (value: Json) => read({ ...config, dual_chunk_attention_config: value });
    expect(dual({ chunk_size: 8192 }).trainedContext).toBe(8192);
    expect(dual({ chunk_size: 8192 }).statedPositions).toBeUndefined();
    const sizes = { chunk_size: 262_144, local_size: 8192, original_max_position_embeddings: 262_144 };
    const at = "qwen2.read: config.json: dual_chunk_attention_config";
    expect(() => dual({ ...sizes, local_size: 262_144 })).toThrow(
      RangeError(`${at}: local_size must be < chunk_size 262144, got 262144`),
    );
    expect(() => dual({ ...sizes, chunk_size: 262_145 })).toThrow(
      RangeError(`${at}: chunk_size must be <= original_max_position_embeddings 262144, got 262145`),
    );
    expect(() => dual({ ...sizes, local_size: 0 })).toThrow(
      `${at}: local_size must be an integer from 1 to 9007199254740991, got 0`,
    );
    expect(() => dual({ ...sizes, chunk_size: "262144" })).toThrow(TypeError);
    expect(() => dual(3 as never)).toThrow(TypeError);
    expect(() => dual({ local_size: 1024 })).toThrow(
      "qwen2.read: config.json: dual_chunk_attention_config: original_max_position_embeddings must be a positive integer, got nothing",
    );
  });
});

const { config: llama } = published["Llama 2 7B"]!;
const { config: gemma } = published["Gemma 2B"]!;
const { config: mistral } = published["Mistral 7B v0.1"]!;
const { config: phi2 } = published["Phi-2"]!;
const { config: qwen2 } = published["Qwen2 7B"]!;
const { config: qwen3 } = published["Qwen3 8B"]!;

describe("a config that is refused by name", () => {
  const modelType =
    "model_type must be one of gemma, gemma2, gemma3_text, llama, mistral, phi, phi3, qwen2, qwen3, smollm3, got";
  it.each<readonly [string, Json, string]>([
    [
      "Mixtral 8x7B",
      { ...mistral, model_type: "mixtral", architectures: ["MixtralForCausalLM"] },
      `${modelType} "mixtral"`,
    ],
    [
      "Gemma 3 4B, which sees pictures",
      { ...gemma, model_type: "gemma3", architectures: ["Gemma3ForConditionalGeneration"] },
      `${modelType} "gemma3"`,
    ],
    [
      "EmbeddingGemma's attention in both directions",
      { ...gemma, use_bidirectional_attention: true },
      "gemma.read: config.json: use_bidirectional_attention must be false, got true",
    ],
    ["Qwen 7B of 2023", { ...llama, model_type: "qwen", architectures: ["QWenLMHeadModel"] }, `${modelType} "qwen"`],
    ["Qwen3 30B A3B", { ...qwen3, model_type: "qwen3_moe" }, `${modelType} "qwen3_moe"`],
    ["Phi-3 small", { ...phi2, model_type: "phi3small" }, `${modelType} "phi3small"`],
    ["Phi-1.5 of 2023", { ...phi2, model_type: "phi-msft" }, `${modelType} "phi-msft"`],
    ["Yi 6B of 2023", { ...llama, model_type: "Yi", architectures: ["YiForCausalLM"] }, `${modelType} "Yi"`],
    ["DeepSeek V2", { ...llama, model_type: "deepseek_v2" }, `${modelType} "deepseek_v2"`],
    [
      "a reward model on Llama",
      { ...llama, architectures: ["LlamaForSequenceClassification"] },
      'architectures must have LlamaForCausalLM where model_type is llama, got ["LlamaForSequenceClassification"]',
    ],
    [
      "Llama 2 in GPTQ",
      { ...llama, quantization_config: { bits: 4, quant_method: "gptq" } },
      'quantization_config: quant_method must be ropewalk (take the checkpoint that this one was made from), got "gptq"',
    ],
    ["Llama with NTK of llama.cpp", { ...llama, rope_scaling: { type: "ntk", factor: 4 } }, "rope_type must be one of"],
    [
      "one that says so by layer",
      {
        ...qwen2,
        layer_types: Array.from({ length: 28 }, (_, layer) => (layer < 14 ? "full_attention" : "sliding_attention")),
      },
      "layer_types must be 28 times full_attention, as the other keys say",
    ],
    [
      "a Mistral whose layers take turns",
      {
        ...mistral,
        layer_types: Array.from({ length: 32 }, (_, layer) => (layer % 2 ? "full_attention" : "sliding_attention")),
      },
      "layer_types must be 32 times sliding_attention, as the other keys say",
    ],
    [
      "a Qwen2 with sections of M-RoPE",
      { ...qwen2, rope_scaling: { type: "default", mrope_section: [16, 24, 24] } },
      "mrope_section must be absent where the rope type is default, which does not read it, got [16, 24, 24]",
    ],
  ])("%s", async (_, config, message) => {
    const folder = inMemory("m", { "config.json": bytesOf(JSON.stringify(config)) });
    expect(await rejectionOf(loadCheckpoint(folder))).toContain(message);
  });

  it("is one of Phi-3 without its lists", () => {
    const { config } = published["Phi-3.5 mini"]!;
    expect(() => read({ ...config, rope_scaling: { type: "yarn", factor: 32 } })).toThrow(
      "phi3.read: config.json: rope_scaling: short_factor must be a list of numbers, got nothing",
    );
  });
});

/** Configs that were read otherwise than they say, where they lie beside the repository. */
const faults = new URL("../../../../../shared/faults/", import.meta.url);

describe.skipIf(!existsSync(faults))("a config that was read otherwise than it says", () => {
  it.each<readonly [string, number, number | undefined]>([
    ["swa-capacity/mistral-v01", 4096, 4096],
    ["swa-capacity/phi3-mini-4k", 2047, 2047],
    ["swa-capacity/qwen2.5-1m", 262_144, undefined],
    ["inert-window/phi3.5-mini", 131_072, undefined],
    ["inert-window/phi4-mini", 131_072, undefined],
  ])("%s", (name, known, slidingWindow) => {
    const decoder = read(JSON.parse(readFileSync(new URL(`${name}.json`, faults), "utf8")) as Json);
    expect(decoder.slidingWindow).toBe(slidingWindow);
    expect(extendDecoder(decoder, selfExtend({ groupSize: 8, window: 1024 })).knownContext).toBe(known);
    if (slidingWindow === undefined) expect(extendDecoder(decoder, {}, { cache: "q8" }).cache).toBe("q8");
  });
});
