/** A checkpoint's config and tensors as a GGUF file, as llama.cpp's converter writes it: names, keys, order of rows, norms. */
import { readDense, type Checkpoint } from "@ropewalk/models";
import { ggufFile, type GgufFileTensor, type GgufValue } from "./gguf-file.ts";
import type { Json } from "./safetensors-file.ts";

/** gguf-py's names by those of Hugging Face; `{}` is the layer. */
const usualNames: readonly (readonly [from: RegExp, to: string])[] = [
  [/^model\.embed_tokens\./, "token_embd."],
  [/^lm_head\./, "output."],
  [/^model\.(?:norm|final_layernorm)\./, "output_norm."],
  [/^model\.layers\.(\d+)\.input_layernorm\./, "blk.$1.attn_norm."],
  [/^model\.layers\.(\d+)\.self_attn\.([qk])_norm\./, "blk.$1.attn_$2_norm."],
  [/^model\.layers\.(\d+)\.self_attn\.(q|k|v|qkv)_proj\./, "blk.$1.attn_$2."],
  [/^model\.layers\.(\d+)\.self_attn\.(?:o_proj|dense)\./, "blk.$1.attn_output."],
  [/^model\.layers\.(\d+)\.mlp\.gate_proj\./, "blk.$1.ffn_gate."],
  [/^model\.layers\.(\d+)\.mlp\.(?:up_proj|gate_up_proj|fc1)\./, "blk.$1.ffn_up."],
  [/^model\.layers\.(\d+)\.mlp\.(?:down_proj|fc2)\./, "blk.$1.ffn_down."],
];

const llamaNames: typeof usualNames = [[/^model\.layers\.(\d+)\.post_attention_layernorm\./, "blk.$1.ffn_norm."]];

const gemma2Names: typeof usualNames = [
  [/^model\.layers\.(\d+)\.post_attention_layernorm\./, "blk.$1.post_attention_norm."],
  [/^model\.layers\.(\d+)\.pre_feedforward_layernorm\./, "blk.$1.ffn_norm."],
  [/^model\.layers\.(\d+)\.post_feedforward_layernorm\./, "blk.$1.post_ffw_norm."],
];

/** The name of a checkpoint's tensor in a file of that architecture. */
export const ggufName = (name: string, architecture: string): string => {
  const names = [...usualNames, ...(/^gemma[23]$/.test(architecture) ? gemma2Names : llamaNames)];
  const [from, to] = names.find(([pattern]) => pattern.test(name))!;
  return name.replace(from, to);
};

/** Rows of a head [2, d / 2] as [d / 2, 2]: what the converter calls permuting. */
export const neighbours = (values: Float32Array, numRows: number, headRows: number): Float32Array => {
  const width = values.length / numRows;
  return Float32Array.from(values, (_, at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    const [head, within] = [Math.floor(row / headRows), row % headRows];
    const from = head * headRows + (within % 2) * (headRows / 2) + Math.floor(within / 2);
    return values[from * width + column]!;
  });
};

const uint32 = (value: unknown): GgufValue => ({ type: "uint32", value: value as number });
const float32 = (value: unknown): GgufValue => ({ type: "float32", value: value as number });

/** The keys of rotations that all converters write alike. */
const ropeKeys = (stated: Json, config: Json): Readonly<Record<string, GgufValue>> => {
  const { rope_theta: theta = 10_000, rope_type: type, factor, original_max_position_embeddings: original } = stated;
  const scaling = { linear: "linear", yarn: "yarn", longrope: "longrope" }[String(type)];
  return {
    "rope.freq_base": float32(theta),
    ...(scaling !== undefined && { "rope.scaling.type": { type: "string", value: scaling } }),
    ...(scaling !== undefined && factor !== undefined && { "rope.scaling.factor": float32(factor) }),
    ...(original !== undefined && type !== "llama3" && { "rope.scaling.original_context_length": uint32(original) }),
    ...(type === "longrope" && {
      "rope.scaling.attn_factor": float32(
        Math.sqrt(
          1 +
            Math.log((config["max_position_embeddings"] as number) / (original as number)) /
              Math.log(original as number),
        ),
      ),
    }),
  };
};

export type GgufOfCheckpoint = {
  readonly architecture: string;
  /** The parsed config.json. */
  readonly config: Json;
  /** Keys and values beside those of all architectures, without the architecture's name. */
  readonly keys?: Readonly<Record<string, GgufValue>>;
  /** Tensors beside the checkpoint's. */
  readonly tensors?: Readonly<Record<string, GgufFileTensor>>;
};

export const denseTensor = (values: Float32Array, dims: readonly number[]): GgufFileTensor => ({
  sizes: dims.toReversed(),
  type: 0,
  data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
});

/** The file's metadata and tensors, all in float32. */
export const ggufPartsOf = async (
  { architecture, config, keys = {}, tensors: others = {} }: GgufOfCheckpoint,
  checkpoint: Checkpoint,
): Promise<Parameters<typeof ggufFile>[0]> => {
  const { decoder } = checkpoint;
  const parameters = { ...config, ...((config["rope_parameters"] ?? config["rope_scaling"] ?? {}) as Json) };
  const rope = (parameters as Readonly<Record<string, unknown>>)["full_attention"] ?? parameters;
  const epsilon = config["rms_norm_eps"];
  const own: Readonly<Record<string, GgufValue>> = {
    context_length: uint32(config["max_position_embeddings"]),
    embedding_length: uint32(decoder.hiddenDim),
    feed_forward_length: uint32(decoder.feedForwardDim),
    block_count: uint32(decoder.numLayers),
    "attention.head_count": uint32(decoder.numHeads),
    "attention.head_count_kv": uint32(decoder.numKvHeads),
    "attention.key_length": uint32(decoder.headDim),
    "attention.value_length": uint32(decoder.headDim),
    "rope.dimension_count": uint32(decoder.rope.rotaryDim),
    ...(epsilon === undefined
      ? { "attention.layer_norm_epsilon": float32(config["layer_norm_eps"]) }
      : { "attention.layer_norm_rms_epsilon": float32(epsilon) }),
    ...ropeKeys(rope as Json, config),
    ...keys,
  };
  const tensors: Record<string, GgufFileTensor> = { ...others };
  for (const [name, dims] of Object.entries(decoder.tensors)) {
    const values = await readDense(checkpoint, name);
    const turns = /^(llama|smollm3)$/.test(architecture) && /\.[qk]_proj\./.test(name);
    const adds = architecture.startsWith("gemma") && name.endsWith("norm.weight");
    const stored = turns ? neighbours(values, dims[0]!, decoder.headDim) : adds ? values.map((w) => w + 1) : values;
    tensors[ggufName(name, architecture)] = denseTensor(stored, dims);
  }
  return {
    metadata: {
      "general.architecture": { type: "string", value: architecture },
      ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`${architecture}.${key}`, value])),
    },
    tensors,
  };
};

export const ggufOfCheckpoint = async (asked: GgufOfCheckpoint, checkpoint: Checkpoint): Promise<Uint8Array> =>
  ggufFile(await ggufPartsOf(asked, checkpoint));
