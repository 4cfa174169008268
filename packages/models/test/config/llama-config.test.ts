import { checkpointFolders, readConfig, tinyConfig } from "@ropewalk/testing/checkpoints/checkpoint-folders";
import type { Json } from "@ropewalk/testing/checkpoints/safetensors-file";
import { smallConfig } from "@ropewalk/testing/checkpoints/small-checkpoint";
import { describe, expect, it } from "vitest";
import { llama } from "../../src/index.ts";

const read = (change: Json = {}) => llama.read({ ...smallConfig, ...change });

const without = (key: string): Json => {
  const { [key]: _, ...rest } = smallConfig;
  return rest;
};

describe("llama.read", () => {
  it("reads the numbers of released configs", () => {
    expect(llama.read(readConfig(checkpointFolders["passkey-875k"]))).toMatchObject({
      family: "llama",
      vocabSize: 86,
      hiddenDim: 128,
      numLayers: 4,
      numHeads: 4,
      numKvHeads: 4,
      headDim: 32,
      trainedContext: 256,
      rope: { theta: 10000, rotaryDim: 32, layout: "halves", scaling: { kind: "default" } },
    });
    expect(llama.read(readConfig(checkpointFolders.stories260K))).toMatchObject({
      vocabSize: 512,
      hiddenDim: 64,
      numLayers: 5,
      numHeads: 8,
      numKvHeads: 4,
      headDim: 8,
      trainedContext: 512,
    });
    expect(llama.read(tinyConfig("llama3"))).toMatchObject({
      numHeads: 4,
      numKvHeads: 1,
      headDim: 16,
      trainedContext: 256,
      rope: { theta: 500000 },
    });
  });

  it("has as many key-value heads as heads, and heads that share the hidden size, where the config is silent", () => {
    expect(llama.read(without("num_key_value_heads"))).toMatchObject({ numKvHeads: 2, headDim: 4 });
    expect(read({ num_key_value_heads: null, head_dim: null })).toMatchObject({
      numKvHeads: 2,
      headDim: 4,
    });
  });

  it("allows heads that are not the hidden size together", () => {
    const { headDim, tensors } = read({ head_dim: 6 });
    expect(headDim).toBe(6);
    expect(tensors["model.layers.0.self_attn.q_proj.weight"]).toEqual([12, 8]);
    expect(tensors["model.layers.0.self_attn.o_proj.weight"]).toEqual([8, 12]);
  });

  it("names every tensor that is read, with its shape", () => {
    expect(read().tensors).toEqual({
      "model.embed_tokens.weight": [5, 8],
      "model.norm.weight": [8],
      "lm_head.weight": [5, 8],
      "model.layers.0.input_layernorm.weight": [8],
      "model.layers.0.self_attn.q_proj.weight": [8, 8],
      "model.layers.0.self_attn.k_proj.weight": [4, 8],
      "model.layers.0.self_attn.v_proj.weight": [4, 8],
      "model.layers.0.self_attn.o_proj.weight": [8, 8],
      "model.layers.0.post_attention_layernorm.weight": [8],
      "model.layers.0.mlp.gate_proj.weight": [12, 8],
      "model.layers.0.mlp.up_proj.weight": [12, 8],
      "model.layers.0.mlp.down_proj.weight": [8, 12],
    });
  });

  it("has no matrix of its own for logits when embeddings are tied", () => {
    expect(Object.keys(read({ tie_word_embeddings: true }).tensors)).not.toContain("lm_head.weight");
  });

  it("reads biases where the config has them", () => {
    const plain = Object.keys(read().tensors);
    const added = (change: Json): Json =>
      Object.fromEntries(Object.entries(read(change).tensors).filter(([name]) => !plain.includes(name)));
    expect(added({ attention_bias: true })).toEqual({
      "model.layers.0.self_attn.q_proj.bias": [8],
      "model.layers.0.self_attn.k_proj.bias": [4],
      "model.layers.0.self_attn.v_proj.bias": [4],
      "model.layers.0.self_attn.o_proj.bias": [8],
    });
    expect(added({ mlp_bias: true })).toEqual({
      "model.layers.0.mlp.gate_proj.bias": [12],
      "model.layers.0.mlp.up_proj.bias": [12],
      "model.layers.0.mlp.down_proj.bias": [8],
    });
  });

  it.each([
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "max_position_embeddings",
  ])("needs %s to be a positive integer", (key) => {
    const at = `llama.read: config.json: ${key}`;
    const most = key === "num_hidden_layers" ? 10_000 : Number.MAX_SAFE_INTEGER;
    const rule = `${at} must be an integer from 1 to ${most}`;
    if (key === "max_position_embeddings") expect(llama.read(without(key)).trainedContext).toBe(2048);
    else expect(() => llama.read(without(key))).toThrow(new TypeError(`${at} must be a positive integer, got nothing`));
    expect(() => read({ [key]: 0 })).toThrow(new RangeError(`${rule}, got 0`));
    expect(() => read({ [key]: 2.5 })).toThrow(new RangeError(`${rule}, got 2.5`));
    expect(() => read({ [key]: "8" })).toThrow(new TypeError(`${rule}, got "8"`));
  });

  const activations = "silu, swish, gelu_new, gelu_pytorch_tanh";
  it.each<[string, Json, string]>([
    ["num_key_value_heads must divide num_attention_heads 2, got 3", { num_key_value_heads: 3 }, "RangeError"],
    [
      "num_attention_heads must divide hidden_size 8 where head_dim is absent, got 3",
      { num_attention_heads: 3, num_key_value_heads: 1 },
      "RangeError",
    ],
    ["head_dim 7 times partial_rotary_factor 1 must be even and above 0, got 7", { head_dim: 7 }, "RangeError"],
    [`hidden_act must be one of ${activations}, got "gelu"`, { hidden_act: "gelu" }, "RangeError"],
    [`hidden_act must be one of ${activations}, got "toString"`, { hidden_act: "toString" }, "RangeError"],
    [`hidden_act must be one of ${activations}, got nothing`, { hidden_act: null }, "RangeError"],
    ["hidden_act must be text, got 1", { hidden_act: 1 }, "TypeError"],
    ["rms_norm_eps must be a finite number above 0, got 0", { rms_norm_eps: 0 }, "RangeError"],
    ["rms_norm_eps must be a number, got nothing", { rms_norm_eps: null }, "TypeError"],
    ['attention_bias must be true or false, got "no"', { attention_bias: "no" }, "TypeError"],
    ["mlp_bias must be true or false, got 1", { mlp_bias: 1 }, "TypeError"],
    ["tie_word_embeddings must be true or false, got 0", { tie_word_embeddings: 0 }, "TypeError"],
    ["num_hidden_layers must be an integer from 1 to 10000, got 1000000000", { num_hidden_layers: 1e9 }, "RangeError"],
  ])("refuses: %s", (message, change, kind) => {
    const error = (() => {
      try {
        read(change);
      } catch (caught) {
        return caught as Error;
      }
      return undefined;
    })();
    expect(error?.message).toBe(`llama.read: config.json: ${message}`);
    expect(error?.name).toBe(kind);
  });

  it("refuses what is no object", () => {
    expect(() => llama.read([])).toThrow(new RangeError("llama.read: config.json must be an object, got []"));
    expect(() => llama.read("llama")).toThrow(new TypeError('llama.read: config.json must be an object, got "llama"'));
  });
});
