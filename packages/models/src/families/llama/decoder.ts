/**
 * The decoder of Llama and of the families that share its blocks; a family's config says where it has biases, and whether
 * attention slides.
 *
 *     h  = x + attention(norm(x)) Woᵀ
 *     x' = h + (σ(norm(h) Gᵀ) ⊙ norm(h) Uᵀ) Dᵀ
 */
import { gatedFeedForward, linear, rmsNorm, type Builder, type Decoder, type Projected } from "@ropewalk/decoder";
import type { Value } from "@ropewalk/graph";
import { familyDecoder, type FamilyWeights } from "../family-decoder.ts";
import type { Weight } from "../weight-table.ts";
import type { LlamaConfig } from "./config.ts";
import { llamaWeights, type LlamaLayer } from "./weights.ts";

export type OutputNorms = { readonly attention: Weight; readonly feedForward: Weight };

/** What families with these blocks do otherwise than Llama. */
export type LlamaVariant<Layer extends LlamaLayer> = {
  readonly weights: FamilyWeights & { readonly layers: readonly Layer[] };
  readonly norm: typeof rmsNorm;
  /** What queries, keys and values become before attention. */
  readonly refine: (builder: Builder, layer: Layer, projected: Projected) => Projected;
  /** Norms of what attention and the feed-forward give, before that is added. Absent: it is added as it is. */
  readonly outputNorms?: (layer: Layer) => OutputNorms;
};

export const llamaVariant = <Layer extends LlamaLayer>(
  family: string,
  config: LlamaConfig,
  { weights, norm, refine, outputNorms }: LlamaVariant<Layer>,
): Decoder => {
  const { epsilon, activation } = config;
  const added = (builder: Builder, hidden: Value, given: Value, weight: Weight | undefined): Value =>
    builder.tape.op("Add", [hidden, weight === undefined ? given : norm(builder, { ...weight, epsilon }, given)]);
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
      const outer = outputNorms?.(layer);
      const middle = added(builder, hidden, linear(builder, output, attended), outer?.attention);
      const fed = gatedFeedForward(
        builder,
        { gate, up, down, activation },
        norm(builder, { ...feedForwardNorm, epsilon }, middle),
      );
      return added(builder, middle, fed, outer?.feedForward);
    },
  };
};

export const asProjected = (_: Builder, __: LlamaLayer, projected: Projected): Projected => projected;

export const llamaDecoder = (family: string, config: LlamaConfig): Decoder =>
  llamaVariant(family, config, { weights: llamaWeights(config), norm: rmsNorm, refine: asProjected });
