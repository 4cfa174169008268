/**
 * The decoder of Llama and of the families that share its blocks; a family's config says where it has biases, and whether
 * attention slides.
 *
 *     h  = x + attention(norm(x)) Woᵀ
 *     x' = h + (σ(norm(h) Gᵀ) ⊙ norm(h) Uᵀ) Dᵀ
 */
import { gatedFeedForward, linear, rmsNorm, type Builder, type Decoder, type Projected } from "@ropewalk/decoder";
import { familyDecoder, type FamilyWeights } from "../family-decoder.ts";
import type { LlamaConfig } from "./config.ts";
import { llamaWeights, type LlamaLayer } from "./weights.ts";

/** What families with these blocks do otherwise than Llama. */
export type LlamaVariant<Layer extends LlamaLayer> = {
  readonly weights: FamilyWeights & { readonly layers: readonly Layer[] };
  readonly norm: typeof rmsNorm;
  /** What queries, keys and values become before attention. */
  readonly refine: (builder: Builder, layer: Layer, projected: Projected) => Projected;
};

export const llamaVariant = <Layer extends LlamaLayer>(
  family: string,
  config: LlamaConfig,
  { weights, norm, refine }: LlamaVariant<Layer>,
): Decoder => {
  const { epsilon, activation } = config;
  return {
    ...familyDecoder(family, config, weights, norm),
    layer: (builder, index, hidden, attend) => {
      const layer = weights.layers[index]!;
      const { attentionNorm, query, key, value, output, feedForwardNorm, gate, up, down } = layer;
      const normed = norm(builder, { ...attentionNorm, epsilon }, hidden);
      const projected = {
        query: linear(builder, query, normed),
        key: linear(builder, key, normed),
        value: linear(builder, value, normed),
      };
      const attended = attend(refine(builder, layer, projected));
      const middle = builder.tape.op("Add", [hidden, linear(builder, output, attended)]);
      const fed = gatedFeedForward(
        builder,
        { gate, up, down, activation },
        norm(builder, { ...feedForwardNorm, epsilon }, middle),
      );
      return builder.tape.op("Add", [middle, fed]);
    },
  };
};

export const asProjected = (_: Builder, __: LlamaLayer, projected: Projected): Projected => projected;

export const llamaDecoder = (family: string, config: LlamaConfig): Decoder =>
  llamaVariant(family, config, { weights: llamaWeights(config), norm: rmsNorm, refine: asProjected });
