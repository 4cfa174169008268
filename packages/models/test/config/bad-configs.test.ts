/**
 * Configs that a family refuses, each by the name of its key, whole messages.
 * Longer than 400 lines: one table, a row for each refusal, which is read beside the families.
 */
import { readBytes, readConfig, checkpointFolders, tinyConfig } from "@ropewalk/testing/checkpoints/checkpoint-folders";
import { bytesOf, type Json } from "@ropewalk/testing/checkpoints/safetensors-file";
import { smallCheckpoint } from "@ropewalk/testing/checkpoints/small-checkpoint";
import { rejectionOf, thrownBy } from "@ropewalk/testing/thrown";
import { describe, expect, it } from "vitest";
import { familyOf } from "../../src/families/families.ts";
import { gemma, inMemory, loadCheckpoint, mistral, phi, phi3, qwen2, qwen3, type Family } from "../../src/index.ts";
import { longFactor, released, shortFactor } from "./released-configs.ts";

const knownActivations = "silu, swish, gelu_new, gelu_pytorch_tanh";
const types = "default, linear, dynamic, yarn, llama3, longrope";

/** What every family refuses alike; the epsilon under its own key, and names that are its own. */
const shared = (
  epsilon: string,
  ropeTypes: string,
  activations = knownActivations,
): readonly (readonly [Json, string])[] => [
  [{ hidden_act: "relu" }, `RangeError: hidden_act must be one of ${activations}, got "relu"`],
  [{ hidden_act: null }, `RangeError: hidden_act must be one of ${activations}, got nothing`],
  [{ [epsilon]: null }, `TypeError: ${epsilon} must be a number, got nothing`],
  [{ [epsilon]: -1e-5 }, `RangeError: ${epsilon} must be a finite number above 0, got -0.00001`],
  [{ tie_word_embeddings: "yes" }, 'TypeError: tie_word_embeddings must be true or false, got "yes"'],
  [{ num_key_value_heads: 3 }, "RangeError: num_key_value_heads must divide num_attention_heads 4, got 3"],
  [{ num_hidden_layers: 0 }, "RangeError: num_hidden_layers must be an integer from 1 to 10000, got 0"],
  [{ max_position_embeddings: null }, "TypeError: max_position_embeddings must be a positive integer, got nothing"],
  [
    { rope_parameters: { rope_type: "mrope" } },
    `RangeError: rope_parameters: rope_type must be one of ${ropeTypes}, got "mrope"`,
  ],
  [
    { rope_parameters: null, rope_scaling: { type: "ntk", factor: 2 } },
    `RangeError: rope_scaling: rope_type must be one of ${ropeTypes}, got "ntk"`,
  ],
  [
    { rope_parameters: null, head_dim: 15, partial_rotary_factor: 1 },
    "RangeError: head_dim 15 times partial_rotary_factor 1 must be even and above 0, got 15",
  ],
  [
    { rope_parameters: null, head_dim: 16, partial_rotary_factor: 0.6 },
    "RangeError: head_dim 16 times partial_rotary_factor 0.6 must be even and above 0, got 9",
  ],
];

/** Where an absent head_dim is what is left to each head. */
const dividedHeads: readonly (readonly [Json, string])[] = [
  [
    { head_dim: null, hidden_size: 66 },
    "RangeError: num_attention_heads must divide hidden_size 66 where head_dim is absent, got 4",
  ],
];

const most = Number.MAX_SAFE_INTEGER;

const window: readonly (readonly [Json, string])[] = [
  [{ sliding_window: 0 }, `RangeError: sliding_window must be an integer from 1 to ${most}, got 0`],
  [{ sliding_window: 24.5 }, `RangeError: sliding_window must be an integer from 1 to ${most}, got 24.5`],
  [{ sliding_window: "24" }, `TypeError: sliding_window must be an integer from 1 to ${most}, got "24"`],
];

const slides = { use_sliding_window: true, sliding_window: 8 };

describe.each<readonly [keyof typeof checkpointFolders, Family, string, readonly (readonly [Json, string])[]]>([
  [
    "gemma",
    gemma,
    "rms_norm_eps",
    [
      [
        { hidden_activation: "gelu_erf" },
        `RangeError: hidden_activation must be one of ${knownActivations}, gelu, got "gelu_erf"`,
      ],
      [
        { hidden_activation: "silu" },
        'RangeError: hidden_activation must be the hidden_act gelu_pytorch_tanh, got "silu"',
      ],
      [{ hidden_activation: 1 }, "TypeError: hidden_activation must be text, got 1"],
      [{ attention_bias: 1 }, "TypeError: attention_bias must be true or false, got 1"],
      [{ use_bidirectional_attention: true }, "RangeError: use_bidirectional_attention must be false, got true"],
      [{ use_bidirectional_attention: 1 }, "TypeError: use_bidirectional_attention must be true or false, got 1"],
      [
        { layer_types: ["sliding_attention", "full_attention", "sliding_attention", "full_attention"] },
        "RangeError: layer_types must be 4 times full_attention, as the other keys say, " +
          'got ["sliding_attention", "full_attention", "sliding_attention", "full_attention"]',
      ],
    ],
  ],
  ["mistral", mistral, "rms_norm_eps", [...dividedHeads, ...window]],
  [
    "phi",
    phi,
    "layer_norm_eps",
    [
      ...dividedHeads,
      [{ qk_layernorm: true }, "RangeError: qk_layernorm must be false, got true"],
      [{ qk_layernorm: 0 }, "TypeError: qk_layernorm must be true or false, got 0"],
      [
        { partial_rotary_factor: 0.4 },
        "RangeError: rope_parameters: partial_rotary_factor must equal the partial_rotary_factor outside, got [0.5, 0.4]",
      ],
    ],
  ],
  [
    "phi3",
    phi3,
    "rms_norm_eps",
    [
      ...dividedHeads,
      ...window,
      [
        { partial_rotary_factor: 1.5 },
        "RangeError: rope_parameters: partial_rotary_factor must equal the partial_rotary_factor outside, got [1, 1.5]",
      ],
    ],
  ],
  [
    "qwen2",
    qwen2,
    "rms_norm_eps",
    [
      ...dividedHeads,
      ...window,
      [
        { ...slides, max_window_layers: 1 },
        'RangeError: layer_types[1] must be sliding_attention, as the other keys say, got "full_attention"',
      ],
      [
        { ...slides, max_window_layers: 2, layer_types: ["full_attention", "sliding_attention", "sliding_attention"] },
        'RangeError: layer_types[1] must be full_attention, as the other keys say, got "sliding_attention"',
      ],
      [
        { ...slides, max_window_layers: null, num_hidden_layers: 36 },
        "RangeError: layer_types must have one type for each of 36 layers, got 3",
      ],
      [{ ...slides, max_window_layers: -1 }, "RangeError: max_window_layers must be an integer of at least 0, got -1"],
      [{ ...slides, max_window_layers: "0" }, 'TypeError: max_window_layers must be an integer of at least 0, got "0"'],
      [
        { layer_types: ["full_attention", "sliding_attention", "full_attention"] },
        'RangeError: layer_types must be 3 times full_attention, as the other keys say, got ["full_attention", "sliding_attention", "full_attention"]',
      ],
      [
        { ...slides, max_window_layers: 0, layer_types: ["full_attention"] },
        'RangeError: layer_types must be 3 times sliding_attention, as the other keys say, got ["full_attention"]',
      ],
      [{ use_sliding_window: 1 }, "TypeError: use_sliding_window must be true or false, got 1"],
    ],
  ],
  [
    "qwen3",
    qwen3,
    "rms_norm_eps",
    [
      ...window,
      [
        { ...slides, max_window_layers: 2, layer_types: Array.from({ length: 4 }, () => "chunked_attention") },
        'RangeError: layer_types[0] must be full_attention or sliding_attention, got "chunked_attention"',
      ],
      [
        { layer_types: ["full_attention", "full_attention", "sliding_attention", "sliding_attention"] },
        "RangeError: layer_types must be 4 times full_attention, as the other keys say, " +
          'got ["full_attention", "full_attention", "sliding_attention", "sliding_attention"]',
      ],
      [{ attention_bias: "no" }, 'TypeError: attention_bias must be true or false, got "no"'],
      [{ use_sliding_window: 1 }, "TypeError: use_sliding_window must be true or false, got 1"],
    ],
  ],
])("%s.read", (name, family, epsilon, own) => {
  const config = readConfig(checkpointFolders[name]);
  const names = name === "gemma" ? `${knownActivations}, gelu` : knownActivations;

  it.each([...shared(epsilon, name === "phi3" ? `${types}, su` : types, names), ...own])(
    "refuses %j",
    (change, message) => {
      const [kind, rule] = message.split(/: (.*)/s);
      const error = thrownBy(() => family.read({ ...config, ...change }));
      expect(error).toBe(`${kind}: ${name}.read: config.json: ${rule}`);
    },
  );

  it("refuses what is no object", () => {
    const call = () => family.read(null);
    expect(thrownBy(call)).toBe(`RangeError: ${name}.read: config.json must be an object, got null`);
  });

  it("refuses an architecture that is no decoder with a head over the vocabulary", async () => {
    const { architecture } = family;
    const other = architecture.replace("CausalLM", "SequenceClassification");
    const files = { "config.json": bytesOf(JSON.stringify({ ...config, architectures: [other] })) };
    expect(await rejectionOf(loadCheckpoint(inMemory(name, files)))).toBe(
      `RangeError: loadCheckpoint: config.json: architectures must have ${architecture} where model_type is ${name}, got ["${other}"]`,
    );
  });
});

const nested = (changes: Json): Json => ({
  rope_parameters: {
    full_attention: { rope_theta: 100_000, rope_type: "default" },
    sliding_attention: { rope_theta: 1000, rope_type: "default" },
    ...changes,
  },
});

const typesOf = (...kinds: readonly string[]): Json => ({ layer_types: kinds.map((type) => `${type}_attention`) });

/** What those that have layer_types refuse of them. */
const wrongTypes: readonly (readonly [Json, string])[] = [
  [typesOf("full", "sliding", "full"), "RangeError: layer_types must have one type for each of 4 layers, got 3"],
  [
    typesOf("full", "full", "full", "full", "full"),
    "RangeError: layer_types must have one type for each of 4 layers, got 5",
  ],
  [
    typesOf("full", "chunked", "full", "sliding"),
    'RangeError: layer_types[1] must be full_attention or sliding_attention, got "chunked_attention"',
  ],
  [{ layer_types: [1, 1, 1, 1] }, "TypeError: layer_types[0] must be full_attention or sliding_attention, got 1"],
  [{ layer_types: "full_attention" }, 'TypeError: layer_types must be a list, got "full_attention"'],
];

const scoresAndBounds: readonly (readonly [Json, string])[] = [
  ...["attn_logit_softcapping", "final_logit_softcapping", "query_pre_attn_scalar"].flatMap((key) => [
    [{ [key]: 0 }, `RangeError: ${key} must be a finite number above 0, got 0`] as const,
    [{ [key]: -30 }, `RangeError: ${key} must be a finite number above 0, got -30`] as const,
    [{ [key]: "30" }, `TypeError: ${key} must be a finite number above 0, got "30"`] as const,
  ]),
  [{ use_bidirectional_attention: true }, "RangeError: use_bidirectional_attention must be false, got true"],
  [{ hidden_activation: "relu" }, `RangeError: hidden_activation must be one of ${knownActivations}, gelu, got "relu"`],
  [{ max_position_embeddings: null }, "TypeError: max_position_embeddings must be a positive integer, got nothing"],
];

const sliding = { sliding_window: 12, use_sliding_window: true };

describe.each<readonly ["gemma2" | "gemma3" | "smollm3" | "qwen2-mixed", readonly (readonly [Json, string])[]]>([
  [
    "gemma2",
    [
      ...[...wrongTypes, ...scoresAndBounds, ...window],
      [{ sliding_window_size: 13 }, "RangeError: sliding_window_size must be the sliding_window 12, got 13"],
      [
        { sliding_window: null },
        'RangeError: layer_types must be 4 times full_attention, as the other keys say, got ["sliding_attention", "full_attention", "sliding_attention", "full_attention"]',
      ],
    ],
  ],
  [
    "gemma3",
    [
      ...[...wrongTypes, ...scoresAndBounds, ...window],
      [
        nested({ sliding_attention: null }),
        "TypeError: rope_parameters: sliding_attention must be an object, got nothing",
      ],
      [nested({ full_attention: null }), "TypeError: rope_parameters: full_attention must be an object, got nothing"],
      [nested({ full_attention: [] }), "RangeError: rope_parameters: full_attention must be an object, got []"],
      [
        nested({ chunked_attention: { rope_type: "default" } }),
        'RangeError: rope_parameters must hold full_attention and sliding_attention alone, got "chunked_attention"',
      ],
      [
        nested({ rope_theta: 5 }),
        'RangeError: rope_parameters must hold full_attention and sliding_attention alone, got "rope_theta"',
      ],
      [
        nested({ sliding_attention: { rope_theta: 1, rope_type: "default" } }),
        "RangeError: rope_parameters: sliding_attention: rope_theta must be a finite number above 1, got 1",
      ],
      [
        nested({ full_attention: { rope_type: "mrope" } }),
        `RangeError: rope_parameters: full_attention: rope_type must be one of ${types}, got "mrope"`,
      ],
      [
        { rope_local_base_freq: 2000 },
        "RangeError: rope_local_base_freq must be the rope_theta of sliding_attention, 1000, got 2000",
      ],
      [
        { rope_theta: 5000 },
        "RangeError: rope_parameters: full_attention: rope_theta must equal the rope_theta outside, got [100000, 5000]",
      ],
      [
        { rope_parameters: null, rope_local_base_freq: 0 },
        "RangeError: rope_local_base_freq must be a finite number above 1, got 0",
      ],
      [
        { sliding_window_pattern: 2 },
        'RangeError: layer_types[1] must be full_attention, as the other keys say, got "sliding_attention"',
      ],
      [{ sliding_window_pattern: 0 }, `RangeError: sliding_window_pattern must be an integer from 1 to ${most}, got 0`],
      [
        { layer_types: null, _sliding_window_pattern: 4 },
        "RangeError: _sliding_window_pattern must be 6 where layer_types is absent, got 4",
      ],
    ],
  ],
  [
    "smollm3",
    [
      ...wrongTypes,
      [{ ...sliding, sliding_window: 0 }, `RangeError: sliding_window must be an integer from 1 to ${most}, got 0`],
      [{ ...sliding, sliding_window: null }, "TypeError: sliding_window must be a positive integer, got nothing"],
      [{ no_rope_layers: [1, 1, 0] }, "RangeError: no_rope_layers must have one number for each of 4 layers, got 3"],
      [{ no_rope_layers: [1, 2, 1, 0] }, "RangeError: no_rope_layers must be a list of 0 and 1, got [1, 2, 1, 0]"],
      [{ no_rope_layers: 4 }, "TypeError: no_rope_layers must be a list of 0 and 1, got 4"],
      [
        { no_rope_layers: [0, 0, 0, 0] },
        'RangeError: a layer that attends to everything must rotate, got "none that does"',
      ],
      [
        { no_rope_layers: null, no_rope_layer_interval: 1 },
        'RangeError: a layer that attends to everything must rotate, got "none that does"',
      ],
      [
        { no_rope_layers: null, no_rope_layer_interval: 0 },
        `RangeError: no_rope_layer_interval must be an integer from 1 to ${most}, got 0`,
      ],
      [{ mlp_bias: 1 }, "TypeError: mlp_bias must be true or false, got 1"],
    ],
  ],
  [
    "qwen2-mixed",
    [
      [
        { max_window_layers: null, layer_types: ["full_attention"] },
        "RangeError: layer_types must have one type for each of 4 layers, got 1",
      ],
      [
        { max_window_layers: 3 },
        'RangeError: layer_types[2] must be full_attention, as the other keys say, got "sliding_attention"',
      ],
    ],
  ],
])("%s whose layers differ", (name, own) => {
  const config = readConfig(checkpointFolders[name]);

  it.each(own)("refuses %j", (change, message) => {
    const [kind, rule] = message.split(/: (.*)/s);
    const family = familyOf(config);
    const named = name.replace("-mixed", "");
    expect(thrownBy(() => family.read({ ...config, ...change }))).toBe(`${kind}: ${named}.read: config.json: ${rule}`);
  });
});

const loading = (config: Json, weights: Uint8Array): Promise<string> =>
  rejectionOf(
    loadCheckpoint(inMemory("m", { "config.json": bytesOf(JSON.stringify(config)), "model.safetensors": weights })),
  );

describe("weights that are not the config's", () => {
  it.each<readonly [string, Json, string]>([
    ["mistral", { intermediate_size: 159 }, "layers.0.mlp.gate_proj.weight must be [159, 64], got [160, 64]"],
    ["mistral", { num_key_value_heads: 4 }, "layers.0.self_attn.k_proj.weight must be [64, 64], got [32, 64]"],
    ["phi", { vocab_size: 127 }, "embed_tokens.weight must be [127, 64], got [128, 64]"],
    ["phi", { intermediate_size: 161 }, "layers.0.mlp.fc1.weight must be [161, 64], got [160, 64]"],
    ["phi3", { num_key_value_heads: 4 }, "layers.0.self_attn.qkv_proj.weight must be [192, 64], got [128, 64]"],
    ["phi3", { intermediate_size: 80 }, "layers.0.mlp.gate_up_proj.weight must be [160, 64], got [320, 64]"],
    ["qwen2", { head_dim: 8 }, "layers.0.self_attn.q_proj.weight must be [32, 64], got [64, 64]"],
  ])("are refused: %s with %j", async (name, change, message) => {
    const weights = smallCheckpoint(tinyConfig(name), () => {}, "F32", familyOf(tinyConfig(name)));
    expect(await loading({ ...tinyConfig(name), ...change }, weights["model.safetensors"]!)).toBe(
      `RangeError: loadCheckpoint: model.safetensors: model.${message}`,
    );
  });

  it.each<readonly [string, string]>([
    ["phi", "model.final_layernorm.weight"],
    ["phi3", "model.layers.0.self_attn.qkv_proj.weight"],
    ["qwen2", "model.layers.0.self_attn.q_proj.bias"],
  ])("are refused: %s with a Llama's", async (name, missing) => {
    expect(await loading(tinyConfig(name), readBytes(checkpointFolders.llama, "model.safetensors"))).toBe(
      `RangeError: loadCheckpoint: model.safetensors must have ${missing}, got nothing`,
    );
  });

  it("are refused: more layers than there are", async () => {
    const config = { ...tinyConfig("solar"), num_hidden_layers: 7 };
    expect(await loading(config, readBytes(checkpointFolders.solar, "model.safetensors"))).toBe(
      "RangeError: loadCheckpoint: model.safetensors must have model.layers.6.input_layernorm.weight, got nothing",
    );
  });
});

describe("longrope in phi3.read", () => {
  const { config } = released["Phi-3.5 mini"]!;
  const at = "phi3.read: config.json: rope_scaling";
  it.each<readonly [Json, string]>([
    [{ short_factor: shortFactor.slice(1) }, `RangeError: ${at}: short_factor must have 48 numbers, got 47`],
    [{ long_factor: [...longFactor, 1] }, `RangeError: ${at}: long_factor must have 48 numbers, got 49`],
    [{ long_factor: null }, `TypeError: ${at}: long_factor must be a list of numbers, got nothing`],
    [{ long_factor: longFactor.with(7, 0) }, `RangeError: ${at}: long_factor[7] must be a number above 0, got 0`],
    [
      { short_factor: [...shortFactor.slice(1), "1"] },
      `TypeError: ${at}: short_factor[47] must be a number above 0, got "1"`,
    ],
    [
      { original_max_position_embeddings: 8192 },
      `RangeError: ${at}: original_max_position_embeddings must equal the original_max_position_embeddings outside, got [8192, 4096]`,
    ],
  ])("refuses %j", (change, message) => {
    const scaling = { ...(config["rope_scaling"] as Json), ...change };
    expect(thrownBy(() => phi3.read({ ...config, rope_scaling: scaling }))).toBe(message);
  });

  it("refuses a trained window below the original one", () => {
    expect(thrownBy(() => phi3.read({ ...config, max_position_embeddings: 2048 }))).toBe(
      `RangeError: ${at}: max_position_embeddings must be at least original_max_position_embeddings 4096, got 2048`,
    );
  });
});
