/** What each family makes of its config: the numbers, and the tensors by name and shape. */
import type { Decoder } from "@ropewalk/decoder";
import { checkpointFolders, readConfig, tinyConfig } from "@ropewalk/testing/checkpoints/checkpoint-folders";
import type { Json } from "@ropewalk/testing/checkpoints/safetensors-file";
import { describe, expect, it } from "vitest";
import { familyOf } from "../../src/families/families.ts";
import { gemma, mistral, phi, phi3, qwen2, qwen3 } from "../../src/index.ts";
import { released } from "../config/released-configs.ts";

const read = (config: Json): Decoder => familyOf(config).read(config);

const count = ({ tensors }: Decoder): number =>
  Object.values(tensors).reduce((sum, shape) => sum + shape.reduce((product, size) => product * size, 1), 0);

/** The sizes of the tiny checkpoints. */
const sizes = {
  vocabSize: 128,
  hiddenDim: 64,
  feedForwardDim: 160,
  numLayers: 3,
  numHeads: 4,
  numKvHeads: 2,
  headDim: 16,
  trainedContext: 64,
};

const rope = { theta: 10_000, rotaryDim: 16, layout: "halves", scaling: { kind: "default" } };

const matrices = { embedding: "model.embed_tokens.weight", unembedding: "lm_head.weight" };

/** The names in layer 0, without what they begin with. */
const inLayer = (names: readonly string[]): readonly string[] =>
  names.flatMap((name) => (name.startsWith("model.layers.0.") ? [name.slice("model.layers.0.".length)] : []));

const layerShapes = ({ tensors }: Decoder): Json =>
  Object.fromEntries(inLayer(Object.keys(tensors)).map((name) => [name, tensors[`model.layers.0.${name}`]]));

const outside = ({ tensors }: Decoder): Json =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.startsWith("model.layers.")));

const llamaProjections = ["q_proj", "k_proj", "v_proj", "o_proj"]
  .map((name) => `self_attn.${name}.weight`)
  .concat(["gate_proj", "up_proj", "down_proj"].map((name) => `mlp.${name}.weight`));

const llamaLayer: Json = {
  "input_layernorm.weight": [64],
  "self_attn.q_proj.weight": [64, 64],
  "self_attn.k_proj.weight": [32, 64],
  "self_attn.v_proj.weight": [32, 64],
  "self_attn.o_proj.weight": [64, 64],
  "post_attention_layernorm.weight": [64],
  "mlp.gate_proj.weight": [160, 64],
  "mlp.up_proj.weight": [160, 64],
  "mlp.down_proj.weight": [64, 160],
};

const llamaOutside: Json = {
  "model.embed_tokens.weight": [128, 64],
  "model.norm.weight": [64],
  "lm_head.weight": [128, 64],
};

describe("gemma.read", () => {
  const config = readConfig(checkpointFolders.gemma);
  const decoder = gemma.read(config);

  it("has Llama's tensors, and a head that is the embedding", () => {
    const numbers = { ...sizes, feedForwardDim: 128, numLayers: 4, slidingWindow: undefined };
    const tied = { embedding: matrices.embedding, unembedding: matrices.embedding };
    expect(decoder).toMatchObject({ family: "gemma", ...numbers, rope, ...tied });
    expect(layerShapes(decoder)).toEqual({
      ...llamaLayer,
      "mlp.gate_proj.weight": [128, 64],
      "mlp.up_proj.weight": [128, 64],
      "mlp.down_proj.weight": [64, 128],
    });
    expect(inLayer(decoder.projections)).toEqual(llamaProjections);
    expect(outside(decoder)).toEqual({ "model.embed_tokens.weight": [128, 64], "model.norm.weight": [64] });
  });

  it("has heads of 256 and a tied head where the config is silent, and biases where it says so", () => {
    const { head_dim: _, tie_word_embeddings: __, ...silent } = config;
    const { headDim, unembedding } = gemma.read(silent);
    expect([headDim, unembedding]).toEqual([256, matrices.embedding]);
    expect(gemma.read({ ...config, tie_word_embeddings: false }).unembedding).toBe(matrices.unembedding);
    const biases = Object.keys(gemma.read({ ...config, attention_bias: true }).tensors).filter((name) =>
      name.endsWith(".bias"),
    );
    expect(inLayer(biases)).toEqual(["q_proj", "k_proj", "v_proj", "o_proj"].map((name) => `self_attn.${name}.bias`));
  });

  it.each<Json>([
    { hidden_act: "gelu" },
    { hidden_act: "gelu", hidden_activation: "gelu_pytorch_tanh" },
    { hidden_act: null, hidden_activation: "gelu_pytorch_tanh" },
    { hidden_act: "gelu_new", hidden_activation: null },
  ])("reads its activation under either key: %j", (names) => {
    expect(gemma.read({ ...config, ...names }).family).toBe("gemma");
  });
});

describe("mistral.read", () => {
  const decoder = mistral.read(tinyConfig("mistral"));

  it("has Llama's tensors, and attention that slides", () => {
    const windows = { trainedContext: 24, slidingWindow: 24 };
    expect(decoder).toMatchObject({ family: "mistral", ...sizes, rope, ...windows, ...matrices });
    expect(layerShapes(decoder)).toEqual(llamaLayer);
    expect(inLayer(decoder.projections)).toEqual(llamaProjections);
    expect(outside(decoder)).toEqual(llamaOutside);
  });

  it("does not slide where the window is null, and by 4,096 tokens where there is none stated", () => {
    const { sliding_window: _, ...unstated } = tinyConfig("mistral");
    expect(mistral.read({ ...unstated, sliding_window: null }).slidingWindow).toBeUndefined();
    expect(mistral.read({ ...unstated, max_position_embeddings: 8192 }).slidingWindow).toBe(4096);
  });
});

describe("qwen2.read", () => {
  const config = tinyConfig("qwen2");
  const decoder = qwen2.read(config);

  it("has Llama's tensors, and biases on queries, keys and values", () => {
    expect(decoder).toMatchObject({ family: "qwen2", ...sizes, rope, slidingWindow: undefined, ...matrices });
    expect(layerShapes(decoder)).toEqual({
      ...llamaLayer,
      "self_attn.q_proj.bias": [64],
      "self_attn.k_proj.bias": [32],
      "self_attn.v_proj.bias": [32],
    });
    expect(inLayer(decoder.projections)).toEqual(llamaProjections);
    expect(outside(decoder)).toEqual(llamaOutside);
  });

  it.each<[string, Json, number | undefined]>([
    ["all layers", { use_sliding_window: true, sliding_window: 8, max_window_layers: 0 }, 8],
    ["none, by the flag", { use_sliding_window: false, sliding_window: 8, max_window_layers: 0 }, undefined],
    ["none, without the flag", { use_sliding_window: null, sliding_window: 8, max_window_layers: 0 }, undefined],
    ["none, without a window", { use_sliding_window: true, sliding_window: null, max_window_layers: 0 }, undefined],
    ["none, as too few", { use_sliding_window: true, sliding_window: 8, max_window_layers: 3 }, undefined],
    ["none, as far too few", { use_sliding_window: true, sliding_window: 8, max_window_layers: 28 }, undefined],
    ["none, of unstated ones", { use_sliding_window: true, sliding_window: 8, max_window_layers: null }, undefined],
  ])("lets attention slide in %s", (_, change, window) => {
    const layerTypes = Array.from({ length: 3 }, () => (window === undefined ? "full_attention" : "sliding_attention"));
    for (const types of [null, layerTypes])
      expect(qwen2.read({ ...config, ...change, layer_types: types }).slidingWindow).toBe(window);
  });
});

describe("qwen3.read", () => {
  const config = readConfig(checkpointFolders.qwen3);
  const decoder = qwen3.read(config);

  it("has Llama's tensors without biases, and a norm of the heads of queries and of keys", () => {
    const numbers = { ...sizes, feedForwardDim: 128, numLayers: 4, slidingWindow: undefined };
    const tied = { embedding: matrices.embedding, unembedding: matrices.embedding };
    expect(decoder).toMatchObject({ family: "qwen3", ...numbers, rope, ...tied });
    expect(layerShapes(decoder)).toEqual({
      ...llamaLayer,
      "self_attn.q_norm.weight": [16],
      "self_attn.k_norm.weight": [16],
      "mlp.gate_proj.weight": [128, 64],
      "mlp.up_proj.weight": [128, 64],
      "mlp.down_proj.weight": [64, 128],
    });
    expect(inLayer(decoder.projections)).toEqual(llamaProjections);
  });

  it("has heads of 128 where the config is silent, and a window where all layers slide", () => {
    const { head_dim: _, ...silent } = config;
    expect(qwen3.read(silent).headDim).toBe(128);
    const sliding = { use_sliding_window: true, sliding_window: 8, max_window_layers: 0, layer_types: null };
    expect(qwen3.read({ ...config, ...sliding }).slidingWindow).toBe(8);
  });
});

describe("phi.read", () => {
  const decoder = phi.read(tinyConfig("phi"));

  it("has a bias everywhere but in the embedding, and heads that rotate in part", () => {
    const numbers = { ...sizes, numKvHeads: 4, rope: { ...rope, rotaryDim: 8 } };
    expect(decoder).toMatchObject({ family: "phi", ...numbers, slidingWindow: undefined, ...matrices });
    const weights = {
      "input_layernorm.weight": [64],
      "self_attn.q_proj.weight": [64, 64],
      "self_attn.k_proj.weight": [64, 64],
      "self_attn.v_proj.weight": [64, 64],
      "self_attn.dense.weight": [64, 64],
      "mlp.fc1.weight": [160, 64],
      "mlp.fc2.weight": [64, 160],
    };
    const biases = Object.entries(weights).map(([name, [out]]) => [name.replace(/weight$/, "bias"), [out]]);
    expect(layerShapes(decoder)).toEqual({ ...weights, ...Object.fromEntries(biases) });
    expect(inLayer(decoder.projections)).toEqual(Object.keys(weights).slice(1));
    expect(outside(decoder)).toEqual({
      "model.embed_tokens.weight": [128, 64],
      "model.final_layernorm.weight": [64],
      "model.final_layernorm.bias": [64],
      "lm_head.weight": [128, 64],
      "lm_head.bias": [128],
    });
  });

  it("rotates half of a head where the config is silent", () => {
    const { partial_rotary_factor: _, rope_parameters: __, ...silent } = tinyConfig("phi");
    expect(phi.read(silent).rope.rotaryDim).toBe(8);
  });

  it("keeps the head's bias when embeddings are tied", () => {
    const tied = phi.read({ ...tinyConfig("phi"), tie_word_embeddings: true });
    expect(tied.unembedding).toBe(tied.embedding);
    expect(Object.keys(tied.tensors)).not.toContain("lm_head.weight");
    expect(tied.tensors["lm_head.bias"]).toEqual([128]);
  });
});

describe("phi3.read", () => {
  it("has one matrix for queries, keys and values, and one for gate and up", () => {
    const decoder = phi3.read(tinyConfig("phi3"));
    expect(decoder).toMatchObject({ family: "phi3", ...sizes, rope, slidingWindow: undefined, ...matrices });
    expect(layerShapes(decoder)).toEqual({
      "input_layernorm.weight": [64],
      "self_attn.qkv_proj.weight": [128, 64],
      "self_attn.o_proj.weight": [64, 64],
      "post_attention_layernorm.weight": [64],
      "mlp.gate_up_proj.weight": [320, 64],
      "mlp.down_proj.weight": [64, 160],
    });
    expect(inLayer(decoder.projections)).toEqual([
      "self_attn.qkv_proj.weight",
      "self_attn.o_proj.weight",
      "mlp.gate_up_proj.weight",
      "mlp.down_proj.weight",
    ]);
    expect(outside(decoder)).toEqual(llamaOutside);
  });
});

describe("released checkpoints", () => {
  it.each(Object.entries(released))("%s", (_, { config, parameters, decoder: expected }) => {
    const decoder = read(config);
    expect(decoder.family).toBe(config["model_type"]);
    expect(decoder).toMatchObject(expected);
    expect(count(decoder)).toBe(parameters);
    expect("lm_head.weight" in decoder.tensors).toBe(decoder.unembedding !== decoder.embedding);
  });

  it("may have any of the kinds of architecture beside the one that is computed", () => {
    const config = { ...tinyConfig("phi"), architectures: ["PhiModel", "PhiForCausalLM"] };
    expect(read(config).family).toBe("phi");
    expect(read({ ...config, architectures: null }).family).toBe("phi");
  });
});
