/** Configs and files for the tests. */
import { readFileSync } from "node:fs";
import { stories260K, passkey875k } from "@ropewalk/tiny-models";
import { llama, type Family } from "../src/index.ts";

const tiny = (name: string): URL => new URL(`vectors/tiny/${name}/`, import.meta.url);

const layered = (name: string): URL => new URL(`vectors/layered/${name}/`, import.meta.url);

export const folders = {
  "passkey-875k": passkey875k.url,
  stories260K: stories260K.url,
  llama: tiny("llama"),
  "llama-linear": tiny("llama-linear"),
  "llama-dynamic": tiny("llama-dynamic"),
  "llama-yarn": tiny("llama-yarn"),
  llama3: tiny("llama3"),
  solar: tiny("solar"),
  mistral: tiny("mistral"),
  phi: tiny("phi"),
  phi3: tiny("phi3"),
  qwen2: tiny("qwen2"),
  gemma: layered("gemma"),
  qwen3: layered("qwen3"),
  "mistral-head-dim": layered("mistral-head-dim"),
  "phi4-mini": layered("phi4-mini"),
  gemma2: layered("gemma2"),
  gemma3: layered("gemma3"),
  smollm3: layered("smollm3"),
  "qwen2-mixed": layered("qwen2-mixed"),
  "qwen3-mixed": layered("qwen3-mixed"),
} as const;

export const readBytes = (folder: URL, file: string): Uint8Array => new Uint8Array(readFileSync(new URL(file, folder)));

export type Json = Readonly<Record<string, unknown>>;

export const readConfig = (folder: URL): Json =>
  JSON.parse(readFileSync(new URL("config.json", folder), "utf8")) as Json;

export const tinyConfig = (name: string): Json => readConfig(tiny(name));

/** A config of the older form, as small as they come. */
export const smallConfig: Json = {
  model_type: "llama",
  vocab_size: 5,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  hidden_act: "silu",
  max_position_embeddings: 32,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  tie_word_embeddings: false,
};

/** What a call throws, as its name and its whole message. */
export const thrownBy = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return String(error);
  }
  return "nothing";
};

/** What a promise is rejected with, as its name and its whole message. */
export const rejectionOf = (promise: Promise<unknown>): Promise<string> => promise.then(() => "nothing", String);

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A safetensors file of this header and data, with the header's length as stated. */
export const safetensors = (header: string | Json, dataLength: number, statedLength?: bigint): Uint8Array => {
  const text = bytesOf(typeof header === "string" ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + dataLength);
  new DataView(file.buffer).setBigUint64(0, statedLength ?? BigInt(text.length), true);
  file.set(text, 8);
  return file;
};

/** A header of these float32 tensors, one after another, and how long their data is. */
export const headerOf = (
  tensors: Readonly<Record<string, readonly number[]>>,
  dtype = "F32",
): { readonly header: Json; readonly dataLength: number } => {
  const width = dtype === "F32" ? 4 : 2;
  const header: Record<string, Json> = {};
  let dataLength = 0;
  for (const [name, shape] of Object.entries(tensors)) {
    const end = dataLength + width * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype, shape, data_offsets: [dataLength, end] };
    dataLength = end;
  }
  return { header, dataLength };
};

/** A checkpoint of a config, its weights all zero; `change` may break its tensors first. */
export const smallCheckpoint = (
  config: Json = smallConfig,
  change: (tensors: Record<string, readonly number[]>) => void = () => {},
  dtype?: string,
  family: Family = llama,
): Readonly<Record<string, Uint8Array>> => {
  const tensors = { ...family.read(config).tensors };
  change(tensors);
  const { header, dataLength } = headerOf(tensors, dtype);
  return {
    "config.json": bytesOf(JSON.stringify(config)),
    "model.safetensors": safetensors(header, dataLength),
  };
};
