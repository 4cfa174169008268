/**
 * Which tensors are the head and the embedding, by what the files have, where config.json ties the two:
 *
 *     stored       embedding        head
 *     embedding    the embedding    the embedding
 *     both         the embedding    the head: a stored tensor is not ignored
 *     head         the head         the head: the embedding was left out as a copy
 */
import type { Decoder } from "@ropewalk/decoder";
import { configObject } from "../config/config-object.ts";
import type { Family } from "../families/family.ts";
import { elementsOf } from "../quantize/stored-blocks.ts";
import type { TensorEntry } from "../safetensors/tensor-entry.ts";
import { headWeight, tieKey } from "../config/unembedding.ts";

export type Stored = { readonly decoder: Decoder; readonly tensors: ReadonlyMap<string, TensorEntry> };

/**
 * The decoder, and the tensors by the names that it reads. Where the embedding is the stored head, its entry keeps the head's name.
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
