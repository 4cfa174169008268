import { folderOf, type TinyModel } from "./tiny-model.ts";

// Each address is written in full: in this form bundlers find a file, copy it and insert its new address.
const weights = new URL("../passkey-875k/model.safetensors", import.meta.url);

/** A Llama of 875,136 parameters that finds a five-digit key in filler text; trained on 256 tokens. */
export const passkey875k: TinyModel = {
  name: "passkey-875k",
  url: folderOf(weights),
  files: {
    "config.json": new URL("../passkey-875k/config.json", import.meta.url),
    "model.safetensors": weights,
    "task.json": new URL("../passkey-875k/task.json", import.meta.url),
    "tokenizer.json": new URL("../passkey-875k/tokenizer.json", import.meta.url),
    "tokenizer_config.json": new URL("../passkey-875k/tokenizer_config.json", import.meta.url),
  },
  trainedContext: 256,
};
