/** Checkpoints as folders on disk: the shipped models, and a tiny one of every family. */
import { readFileSync } from "node:fs";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { inRepository } from "../repository.ts";
import { layeredCheckpoints, tinyCheckpoints } from "../vectors.ts";
import type { Json } from "./safetensors-file.ts";

const tiny = (name: string): URL => inRepository(`${tinyCheckpoints}/${name}/`);

const layered = (name: string): URL => inRepository(`${layeredCheckpoints}/${name}/`);

export const checkpointFolders = {
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

export const readConfig = (folder: URL): Json =>
  JSON.parse(readFileSync(new URL("config.json", folder), "utf8")) as Json;

export const tinyConfig = (name: string): Json => readConfig(tiny(name));
