/** How logits are taken: with the embedding, or with a matrix of their own. */
import { match } from "ts-pattern";
import { optionalFlag, type ConfigObject } from "./config-object.ts";
import { tensor, type Weight } from "./weight.ts";

export type Unembedding = { readonly kind: "tied" } | { readonly kind: "own" };

/** An absent tie_word_embeddings is false. */
export const readUnembedding = (config: ConfigObject): Unembedding => ({
  kind: (optionalFlag(config, "tie_word_embeddings") ?? false) ? "tied" : "own",
});

/** The row of the matrix; one of its own has the embedding's shape. */
export const unembeddingRow = (unembedding: Unembedding, embedding: Weight): Weight =>
  match(unembedding)
    .with({ kind: "tied" }, () => embedding)
    .with({ kind: "own" }, () => tensor("lm_head", embedding.shapes[embedding.weight]!))
    .exhaustive();
