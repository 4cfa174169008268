/** llama.cpp's tokenizer, through node-llama-cpp, of a GGUF file and of metadata alone. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Metadata } from "@ropewalk/gguf";
import { ggufFile, type GgufValue } from "@ropewalk/testing/checkpoints/gguf-file";
import { getLlama, LlamaLogLevel, type Llama } from "node-llama-cpp";

/** Gives the ids of a text. Special tokens in it are read as such, and none is added. */
export type Encode = (text: string) => readonly number[];

const valueOf = (value: unknown): GgufValue => {
  if (typeof value === "boolean") return { type: "bool", value };
  if (typeof value === "number") return { type: "uint32", value };
  if (typeof value === "string") return { type: "string", value };
  if (value instanceof Float32Array) return { type: "floats", value: [...value] };
  if (value instanceof Int32Array) return { type: "ints", value: [...value] };
  return { type: "strings", value: value as readonly string[] };
};

/** What llama.cpp asks of a model beside its tokenizer. */
const sizesOf = (metadata: Metadata): Readonly<Record<string, GgufValue>> => {
  const sizes = { context_length: 64, embedding_length: 32, block_count: 1, "attention.head_count": 1 };
  const named = Object.entries(sizes).map(([key, value]) => [
    `${String(metadata.get("general.architecture"))}.${key}`,
    valueOf(value),
  ]);
  return Object.fromEntries(named) as Readonly<Record<string, GgufValue>>;
};

export const startLlamaCpp = (): Promise<Llama> =>
  getLlama({ gpu: false, build: "never", skipDownload: true, logLevel: LlamaLogLevel.fatal });

/** What node-llama-cpp asks llama.cpp itself: its own `tokenize` looks for the spaces at the beginning that a detokenizer would keep. */
type Binding = { readonly _model: { readonly tokenize: (text: string, specialTokens: boolean) => Uint32Array } };

/** Opens a file, hands out its tokenizer, and closes it. */
export const withFile = async <T>(llama: Llama, modelPath: string, use: (encode: Encode) => T): Promise<T> => {
  const model = await llama.loadModel({ modelPath, gpuLayers: 0, vocabOnly: true });
  const { _model: binding } = model as unknown as Binding;
  try {
    return use((text) => (text === "" ? [] : [...binding.tokenize(text, true)]));
  } finally {
    await model.dispose();
  }
};

/** The same of a file that holds the metadata and no tensor. */
export const withMetadata = async <T>(llama: Llama, metadata: Metadata, use: (encode: Encode) => T): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), "ropewalk-tokenizer-"));
  const path = join(folder, "tokenizer.gguf");
  const values = Object.fromEntries([...metadata].map(([key, value]) => [key, valueOf(value)]));
  try {
    await writeFile(path, ggufFile({ metadata: { ...sizesOf(metadata), ...values }, tensors: {} }));
    return await withFile(llama, path, use);
  } finally {
    await rm(folder, { recursive: true });
  }
};
