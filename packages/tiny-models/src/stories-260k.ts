import { folderOf, type TinyModel } from "./tiny-model.ts";

// Each address is written in full: in this form bundlers find a file, copy it and insert its new address.
const weights = new URL("../stories260K/model.safetensors", import.meta.url);

/** A Llama of 260,032 parameters that tells stories; trained on 512 tokens. */
export const stories260K: TinyModel = {
  name: "stories260K",
  url: folderOf(weights),
  files: {
    "config.json": new URL("../stories260K/config.json", import.meta.url),
    "model.safetensors": weights,
    "tokenizer.json": new URL("../stories260K/tokenizer.json", import.meta.url),
    "tokenizer_config.json": new URL("../stories260K/tokenizer_config.json", import.meta.url),
  },
  trainedContext: 512,
};
