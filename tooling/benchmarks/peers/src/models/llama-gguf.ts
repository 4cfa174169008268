/**
 * A Llama checkpoint as a GGUF file for llama.cpp.
 *
 * llama.cpp rotates neighbouring pairs where the checkpoint rotates the halves of a head, so the rows of queries and keys
 * change places. Norms stay float32, as llama.cpp's own quantiser leaves them. Two things differ from what it writes, so that
 * every engine has the same numbers: beside blocks the embedding, which is only looked up in, stays float32, and in q4 the
 * head has 8 bits instead of 6.
 */
import type { Checkpoint } from "@ropewalk/models";
import { denseTensor } from "@ropewalk/testing/checkpoints/stored-tensors";
import { writeGguf, type GgufTensor, type Metadata } from "./gguf.ts";
import type { BlockType } from "./gguf-types.ts";

export type GgufPrecision = "f32" | "f16" | "q8_0" | "q4_0";

type Types = {
  /** The precision's number in the metadata. */
  readonly fileType: number;
  readonly embedding: BlockType;
  readonly layers: BlockType;
  readonly head: BlockType;
};

const types: Readonly<Record<GgufPrecision, Types>> = {
  f32: { fileType: 0, embedding: "F32", layers: "F32", head: "F32" },
  f16: { fileType: 1, embedding: "F16", layers: "F16", head: "F16" },
  q8_0: { fileType: 7, embedding: "F32", layers: "Q8_0", head: "Q8_0" },
  q4_0: { fileType: 2, embedding: "F32", layers: "Q4_0", head: "Q8_0" },
};

const names: readonly (readonly [RegExp, string])[] = [
  [/^model\.embed_tokens/, "token_embd"],
  [/^model\.norm/, "output_norm"],
  [/^lm_head/, "output"],
  [/^model\.layers\.(\d+)\.input_layernorm/, "blk.$1.attn_norm"],
  [/^model\.layers\.(\d+)\.self_attn\.([qkv])_proj/, "blk.$1.attn_$2"],
  [/^model\.layers\.(\d+)\.self_attn\.o_proj/, "blk.$1.attn_output"],
  [/^model\.layers\.(\d+)\.post_attention_layernorm/, "blk.$1.ffn_norm"],
  [/^model\.layers\.(\d+)\.mlp\.(gate|up|down)_proj/, "blk.$1.ffn_$2"],
];

const ggufName = (name: string): string => {
  const found = names.find(([pattern]) => pattern.test(name));
  if (found === undefined) throw new RangeError(`ggufName: name must be a tensor of a Llama, got ${name}`);
  return name.replace(...found);
};

/** The rows of each head from halves (first half, second half) to neighbouring pairs. */
const asPairs = (matrix: Float32Array, headDim: number, columns: number): Float32Array => {
  const paired = new Float32Array(matrix.length);
  for (let row = 0; row < matrix.length / columns; row++) {
    const inHead = row % headDim;
    const half = headDim / 2;
    const target = row - inHead + 2 * (inHead % half) + Math.floor(inHead / half);
    paired.set(matrix.subarray(row * columns, (row + 1) * columns), target * columns);
  }
  return paired;
};

const uint32 = (value: number): Metadata => ({ kind: "uint32", value });
const float32 = (value: number): Metadata => ({ kind: "float32", value });
const text = (value: string): Metadata => ({ kind: "text", value });

/** Token types of the container. */
const kinds = { normal: 1, unknown: 2, control: 3, byte: 6 };

/** Words that stand for nothing: ids go in and come out, but llama.cpp takes no model without a tokenizer and its bytes. */
const vocabulary = (size: number): Readonly<Record<string, Metadata>> => {
  const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, "0");
  const words = [
    { word: "<unk>", kind: kinds.unknown },
    ...["<s>", "</s>"].map((word) => ({ word, kind: kinds.control })),
    ...Array.from({ length: 256 }, (_, byte) => ({ word: `<0x${hex(byte)}>`, kind: kinds.byte })),
  ];
  for (let id = words.length; id < size; id++) words.push({ word: `word${id}`, kind: kinds.normal });
  return {
    "tokenizer.ggml.model": text("llama"),
    "tokenizer.ggml.tokens": { kind: "texts", value: words.map(({ word }) => word) },
    "tokenizer.ggml.scores": { kind: "float32s", value: words.map((_, id) => -id) },
    "tokenizer.ggml.token_type": { kind: "int32s", value: words.map(({ kind }) => kind) },
    "tokenizer.ggml.unknown_token_id": uint32(0),
    "tokenizer.ggml.bos_token_id": uint32(1),
    "tokenizer.ggml.eos_token_id": uint32(2),
  };
};

/**
 * @param epsilon - of the norms
 * @param positions - how many tokens the file says the model was trained for
 */
export const writeLlamaGguf = async (
  path: string,
  checkpoint: Checkpoint,
  {
    precision,
    epsilon,
    positions,
  }: { readonly precision: GgufPrecision; readonly epsilon: number; readonly positions: number },
): Promise<void> => {
  const { decoder } = checkpoint;
  const { fileType, embedding, layers, head } = types[precision];
  const metadata = {
    "general.architecture": text("llama"),
    "general.name": text("random-llama"),
    "general.file_type": uint32(fileType),
    "llama.vocab_size": uint32(decoder.vocabSize),
    "llama.context_length": uint32(positions),
    "llama.embedding_length": uint32(decoder.hiddenDim),
    "llama.block_count": uint32(decoder.numLayers),
    "llama.feed_forward_length": uint32(decoder.feedForwardDim),
    "llama.rope.dimension_count": uint32(decoder.rope.rotaryDim),
    "llama.rope.freq_base": float32(decoder.rope.theta),
    "llama.attention.head_count": uint32(decoder.numHeads),
    "llama.attention.head_count_kv": uint32(decoder.numKvHeads),
    "llama.attention.layer_norm_rms_epsilon": float32(epsilon),
    ...vocabulary(decoder.vocabSize),
  };
  const typeOf = (name: string, dims: readonly number[]): BlockType => {
    if (dims.length === 1) return "F32";
    if (name === decoder.embedding) return embedding;
    return name === decoder.unembedding ? head : layers;
  };
  const tensors = Object.entries(decoder.tensors).map(([name, dims]): GgufTensor => ({
    name: ggufName(name),
    type: typeOf(name, dims),
    dims,
    values: async () => {
      const values = await denseTensor(checkpoint, name);
      return /\.[qk]_proj\./.test(name) ? asPairs(values, decoder.headDim, dims[1]!) : values;
    },
  }));
  await writeGguf(path, metadata, tensors);
};
