/** How logits are taken: with the embedding, or with a matrix of their own. */
import { match } from "ts-pattern";
import { optionalFlag, type ConfigObject } from "./config-object.ts";
import { tensor, type Weight } from "../families/weight-table.ts";

export type Unembedding = { readonly kind: "tied" } | { readonly kind: "own" };

/** The key of config.json that says whether the head is the embedding. */
export const tieKey: string = "tie_word_embeddings";

const head = "lm_head";

/** The name of a head's own matrix. */
export const headWeight: string = `${head}.weight`;

/** Where tie_word_embeddings is absent, the family says whether they are tied. */
export const readUnembedding = (config: ConfigObject, tiesUnstated: boolean = false): Unembedding => ({
  kind: (optionalFlag(config, tieKey) ?? tiesUnstated) ? "tied" : "own",
});

/** The row of the matrix; one of its own has the embedding's shape. */
export const unembeddingRow = (unembedding: Unembedding, embedding: Weight): Weight =>
  match(unembedding)
    .with({ kind: "tied" }, () => embedding)
    .with({ kind: "own" }, () => tensor(head, embedding.shapes[embedding.weight]!))
    .exhaustive();
