/**
 * Head and embedding as the files have them, where config.json ties the two:
 *
 *     stored       embedding        head
 *     embedding    the embedding    the embedding
 *     both         the embedding    the head: what is stored is not passed over
 *     head         the head         the head: the embedding was left out as its copy
 */
import type { Decoder } from "@ropewalk/decoder";
import { configObject } from "../config/config-object.ts";
import type { Family } from "../families/family.ts";
import { elementsOf } from "../quantize/stored-blocks.ts";
import type { TensorEntry } from "../safetensors/tensor-entry.ts";
import { headWeight, tieKey } from "../config/unembedding.ts";

export type Stored = { readonly decoder: Decoder; readonly tensors: ReadonlyMap<string, TensorEntry> };

/**
 * The decoder, and the tensors by the names that it reads; an embedding that is the head keeps the head's name in its entry.
 *
 * @param config - the parsed config.json that the family read the decoder from
 */
export const withStoredHead = (family: Pick<Family, "read">, config: unknown, { decoder, tensors }: Stored): Stored => {
  const { embedding, unembedding } = decoder;
  const head = tensors.get(headWeight);
  if (embedding !== unembedding || (head === undefined && !tensors.has(elementsOf(headWeight))))
    return { decoder, tensors };
  if (head !== undefined && !tensors.has(embedding) && !tensors.has(elementsOf(embedding)))
    return { decoder, tensors: new Map(tensors).set(embedding, head) };
  const untied = { ...configObject("loadCheckpoint: config.json", config).values, [tieKey]: false };
  return { decoder: family.read(untied), tensors };
};
