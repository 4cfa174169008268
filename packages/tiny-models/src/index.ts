/** Two small trained checkpoints, each a folder of files in the Hugging Face layout. */

export type TinyModel = {
  readonly name: string;
  /** The folder; ends in a slash, so that `new URL("config.json", url)` is a file in it. */
  readonly url: URL;
  /** The window it was trained on, in tokens. */
  readonly trainedContext: number;
};

/** A Llama of 875,136 parameters that finds a five-digit key in filler text; trained on 256 tokens. */
export const passkey875k: TinyModel = {
  name: "passkey-875k",
  url: new URL("../passkey-875k/", import.meta.url),
  trainedContext: 256,
};

/** A Llama of 260,032 parameters that tells stories; trained on 512 tokens. */
export const stories260K: TinyModel = {
  name: "stories260K",
  url: new URL("../stories260K/", import.meta.url),
  trainedContext: 512,
};
