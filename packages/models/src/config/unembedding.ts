/** The matrix that gives logits: the embedding, or a matrix of its own. */
import { byKind } from "@ropewalk/check";
import { optionalFlag, type ConfigObject } from "./config-object.ts";
import { tensor, type Weight } from "../families/weight-table.ts";

export type Unembedding = { readonly kind: "tied" } | { readonly kind: "own" };

/** The key of config.json that says whether the head is the embedding. */
export const tieKey: string = "tie_word_embeddings";

const head = "lm_head";

/** The name of a head's own matrix. */
export const headWeight: string = `${head}.weight`;

/** @param tiesUnstated - whether the head is the embedding where tie_word_embeddings is absent */
export const readUnembedding = (config: ConfigObject, tiesUnstated: boolean = false): Unembedding => ({
  kind: (optionalFlag(config, tieKey) ?? tiesUnstated) ? "tied" : "own",
});

/** The matrix's row in the table of weights. A matrix of its own has the embedding's shape. */
export const unembeddingRow = (unembedding: Unembedding, embedding: Weight): Weight =>
  byKind<Unembedding, Weight, []>("unembeddingRow", "unembedding", unembedding, {
    tied: () => embedding,
    own: () => tensor(head, embedding.shapes[embedding.weight]!),
  });
