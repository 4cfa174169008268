/** Two small trained checkpoints, each a folder of files in the Hugging Face layout. */
export { passkey875k } from "./passkey-875k.ts";
export { stories260K } from "./stories-260k.ts";
export type { TinyModel } from "./tiny-model.ts";
