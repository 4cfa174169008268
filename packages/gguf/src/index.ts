export { codeForm, isBlockType, type BlockType, type DenseType } from "./blocks/block-types.ts";
export type { BlockCodes, CodeForm } from "./blocks/codes.ts";
export { dequantize, unpackCodes } from "./blocks/unpack.ts";
export { blobSource, bytesSource, type BlobLike, type ByteSource } from "./byte-source.ts";
export type { Metadata, MetadataList, MetadataValue } from "./header/metadata.ts";
export type { GgufTensor } from "./header/tensor-entry.ts";
export { readGguf, type Gguf, type OpenFile } from "./read-gguf.ts";
export { splitNames } from "./split-files.ts";
export { tensorForms, tensorTypes, type TensorForm, type TensorType } from "./tensor-types.ts";
