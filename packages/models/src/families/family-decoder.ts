/** The part of a decoder that is alike in every family: numbers, table of weights, embedding, and the head behind a last norm. */
import { embedding, linear, type rmsNorm, type Decoder } from "@ropewalk/decoder";
import type { Context } from "../config/context.ts";
import type { Sizes } from "../config/model-sizes.ts";
import { tensorsOf, type Weight } from "./weight-table.ts";

export type FamilyWeights = {
  readonly embedding: Weight;
  readonly layers: readonly Readonly<Record<string, Weight>>[];
  readonly finalNorm: Weight;
  readonly unembedding: Weight;
};

/** A decoder without its layers. */
export const familyDecoder = (
  family: string,
  config: { readonly sizes: Sizes; readonly context: Context; readonly epsilon: number },
  { layers, ...whole }: FamilyWeights,
  norm: typeof rmsNorm,
): Omit<Decoder, "layer"> => ({
  family,
  ...config.sizes,
  ...config.context,
  ...tensorsOf([...Object.values(whole), ...layers.flatMap((layer) => Object.values(layer))]),
  embedding: whole.embedding.weight,
  unembedding: whole.unembedding.weight,
  embed: (builder, ids) => embedding(builder, whole.embedding, ids),
  unembed: (builder, hidden) =>
    linear(builder, whole.unembedding, norm(builder, { ...whole.finalNorm, epsilon: config.epsilon }, hidden)),
});
