/** Each architecture of GGUF files: a checkpoint that Hugging Face transformers wrote, and what llama.cpp's converter writes beside its numbers. */
import { inMemory, loadCheckpoint, type Checkpoint } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { ropeFrequencies } from "@ropewalk/rope";
import { checkpointFolders, readConfig } from "./checkpoint-folders.ts";
import type { GgufFileTensor, GgufValue } from "./gguf-file.ts";
import { denseTensor, type GgufOfCheckpoint } from "./gguf-of-checkpoint.ts";
import { bytesOf, type Json } from "./safetensors-file.ts";

export type GgufArchitecture = {
  readonly architecture: string;
  readonly checkpoint: keyof typeof checkpointFolders;
  /** What GGUF files cannot state, as they have it. */
  readonly changes?: Json;
  readonly keys?: (config: Json) => Readonly<Record<string, GgufValue>>;
  readonly tensors?: (checkpoint: Checkpoint, config: Json) => Readonly<Record<string, GgufFileTensor>>;
  /** What llama.cpp makes of it in another way. */
  readonly otherInLlamaCpp?: string;
};

const uint32 = (value: unknown): GgufValue => ({ type: "uint32", value: value as number });
const float32 = (value: unknown): GgufValue => ({ type: "float32", value: value as number });

const window = ({ sliding_window: size }: Json) => ({ "attention.sliding_window": uint32(size) });

const factors = (values: unknown): GgufFileTensor =>
  denseTensor(Float32Array.from(values as readonly number[]), [(values as readonly number[]).length]);

const ropeOf = (config: Json): Json => (config["rope_parameters"] ?? config["rope_scaling"]) as Json;

const longFactors = (_: Checkpoint, config: Json) => {
  const { short_factor: short, long_factor: long } = ropeOf(config);
  return { "rope_factors_short.weight": factors(short), "rope_factors_long.weight": factors(long) };
};

/** What llama.cpp's converter stores of Llama 3's scaling: frequencies without it over frequencies with it. */
const llama3Factors = ({ decoder: { rope } }: Checkpoint) => {
  const { theta, rotaryDim, scaling } = rope;
  const plain = ropeFrequencies({ theta, rotaryDim, scaling: { kind: "default" } }).inverseFrequencies;
  const scaled = ropeFrequencies({ theta, rotaryDim, scaling }).inverseFrequencies;
  return { "rope_freqs.weight": factors([...plain].map((own, pair) => own / scaled[pair]!)) };
};

const patternOf = (config: Json): GgufValue => ({
  type: "bools",
  value: (config["layer_types"] as readonly string[]).map((type) => type === "sliding_attention"),
});

/** Each architecture by one checkpoint at least. */
export const ggufArchitectures: readonly GgufArchitecture[] = [
  { architecture: "llama", checkpoint: "llama" },
  { architecture: "llama", checkpoint: "llama-linear" },
  { architecture: "llama", checkpoint: "llama-yarn" },
  { architecture: "llama", checkpoint: "solar" },
  {
    architecture: "llama",
    checkpoint: "mistral",
    keys: window,
    otherInLlamaCpp: "gives the layers of llama no window, and a checkpoint's are what the model was trained with",
  },
  {
    architecture: "llama",
    checkpoint: "llama3",
    changes: {
      rope_parameters: {
        rope_type: "llama3",
        rope_theta: 500_000,
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 8192,
      },
      max_position_embeddings: 65_536,
    },
    tensors: llama3Factors,
  },
  { architecture: "smollm3", checkpoint: "smollm3" },
  { architecture: "phi2", checkpoint: "phi" },
  { architecture: "phi3", checkpoint: "phi3" },
  { architecture: "phi3", checkpoint: "phi4-mini" },
  {
    architecture: "phi3",
    checkpoint: "phi3",
    changes: {
      sliding_window: 40,
      max_position_embeddings: 64,
      original_max_position_embeddings: 32,
      rope_parameters: {
        rope_type: "longrope",
        rope_theta: 10_000,
        short_factor: [1, 1, 1, 1.25, 1.5, 1.5, 2, 2],
        long_factor: [1, 1.5, 2, 2, 3, 4, 8, 16],
        original_max_position_embeddings: 32,
      },
    },
    keys: window,
    tensors: longFactors,
    otherInLlamaCpp: "takes the factors by the size of its context, not by the length of the text",
  },
  { architecture: "qwen2", checkpoint: "qwen2" },
  { architecture: "qwen3", checkpoint: "qwen3" },
  { architecture: "gemma", checkpoint: "gemma" },
  {
    architecture: "gemma2",
    checkpoint: "gemma2",
    changes: { query_pre_attn_scalar: 16 },
    keys: (config) => ({
      ...window(config),
      attn_logit_softcapping: float32(config["attn_logit_softcapping"]),
      final_logit_softcapping: float32(config["final_logit_softcapping"]),
    }),
  },
  {
    architecture: "gemma3",
    checkpoint: "gemma3",
    changes: { query_pre_attn_scalar: 16 },
    keys: (config) => ({
      ...window(config),
      "attention.sliding_window_pattern": patternOf(config),
      "rope.freq_base_swa": float32(1000),
    }),
  },
];

/** The checkpoint under the changed config, and what makes a GGUF file of it. */
export const ggufArchitecture = async ({
  architecture,
  checkpoint,
  changes = {},
  keys,
  tensors,
}: GgufArchitecture): Promise<{ readonly hf: Checkpoint; readonly parts: GgufOfCheckpoint }> => {
  const folder = await openFolder(checkpointFolders[checkpoint]);
  const config = { ...readConfig(checkpointFolders[checkpoint]), ...changes };
  const own = inMemory("changed", { "config.json": bytesOf(JSON.stringify(config)) });
  const hf = await loadCheckpoint({ ...folder, file: async (name) => (await own.file(name)) ?? folder.file(name) });
  return {
    hf,
    parts: { architecture, config, keys: keys?.(config) ?? {}, tensors: tensors?.(hf, config) ?? {} },
  };
};
