/**
 * A Llama checkpoint as a GGUF file for llama.cpp.
 *
 * llama.cpp rotates neighbouring pairs where the checkpoint rotates the halves of a head, so the rows of queries and keys
 * change places. Norms stay float32, as llama.cpp's own quantiser leaves them. Two things differ from what it writes, so that
 * every engine has the same numbers: beside blocks of 32 the embedding, which is only looked up in, stays float32, and in q4 the
 * head has 8 bits instead of 6. In q4_k, whose file every engine reads itself, both are as llama.cpp has them.
 */
import type { Checkpoint } from "@ropewalk/models";
import type { GgufValue } from "@ropewalk/testing/checkpoints/gguf-file";
import { ggufName, neighbours } from "@ropewalk/testing/checkpoints/gguf-of-checkpoint";
import { denseTensor } from "@ropewalk/testing/checkpoints/stored-tensors";
import { writeGguf, type GgufTensor } from "./gguf.ts";
import type { BlockType } from "./gguf-types.ts";

export type GgufPrecision = "f32" | "f16" | "q8_0" | "q4_0" | "q4_k";

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
  q4_k: { fileType: 14, embedding: "Q4_K", layers: "Q4_K", head: "Q6_K" },
};

const uint32 = (value: number): GgufValue => ({ type: "uint32", value });
const float32 = (value: number): GgufValue => ({ type: "float32", value });
const text = (value: string): GgufValue => ({ type: "string", value });

/** Token types of the container. */
const kinds = { normal: 1, unknown: 2, control: 3, byte: 6 };

/** Words that stand for nothing: ids go in and come out, but llama.cpp takes no model without a tokenizer and its bytes. */
const vocabulary = (size: number): Readonly<Record<string, GgufValue>> => {
  const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, "0");
  const words = [
    { word: "<unk>", kind: kinds.unknown },
    ...["<s>", "</s>"].map((word) => ({ word, kind: kinds.control })),
    ...Array.from({ length: 256 }, (_, byte) => ({ word: `<0x${hex(byte)}>`, kind: kinds.byte })),
  ];
  for (let id = words.length; id < size; id++) words.push({ word: `word${id}`, kind: kinds.normal });
  return {
    "tokenizer.ggml.model": text("llama"),
    "tokenizer.ggml.tokens": { type: "strings", value: words.map(({ word }) => word) },
    "tokenizer.ggml.scores": { type: "floats", value: words.map((_, id) => -id) },
    "tokenizer.ggml.token_type": { type: "ints", value: words.map(({ kind }) => kind) },
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
  const tensors = Object.entries(decoder.tensors).map(([name, dims]): readonly [string, GgufTensor] => [
    ggufName(name, "llama"),
    {
      type: typeOf(name, dims),
      dims,
      values: async () => {
        const values = await denseTensor(checkpoint, name);
        return /\.[qk]_proj\./.test(name) ? neighbours(values, dims[0]!, decoder.headDim) : values;
      },
    },
  ]);
  await writeGguf(path, metadata, Object.fromEntries(tensors));
};
