/**
 * The decoder of Llama and of the families that share its blocks. A family's config states which projections have biases, and whether
 * attention slides.
 *
 *     h  = x + attention(norm(x)) Woᵀ
 *     x' = h + (σ(norm(h) Gᵀ) ⊙ norm(h) Uᵀ) Dᵀ
 */
import {
  gatedFeedForward,
  linear,
  projectHeads,
  rmsNorm,
  type Builder,
  type Decoder,
  type Projected,
} from "@ropewalk/decoder";
import type { Value } from "@ropewalk/graph";
import { familyDecoder, type FamilyWeights } from "../family-decoder.ts";
import type { Weight } from "../weight-table.ts";
import type { LlamaConfig } from "./config.ts";
import { llamaWeights, type LlamaLayer } from "./weights.ts";

export type OutputNorms = { readonly attention: Weight; readonly feedForward: Weight };

/** How a family with these blocks differs from Llama. */
export type LlamaVariant<Layer extends LlamaLayer> = {
  readonly weights: FamilyWeights & { readonly layers: readonly Layer[] };
  readonly norm: typeof rmsNorm;
  /** Changes queries, keys and values before attention. */
  readonly refine: (builder: Builder, layer: Layer, projected: Projected) => Projected;
  /** Norms of the outputs of attention and the feed-forward, before these are added. Absent: they are added as they are. */
  readonly outputNorms?: (layer: Layer) => OutputNorms;
};

export const llamaVariant = <Layer extends LlamaLayer>(
  family: string,
  config: LlamaConfig,
  { weights, norm, refine, outputNorms }: LlamaVariant<Layer>,
): Decoder => {
  const { epsilon, activation, sizes } = config;
  const addNormed = (builder: Builder, hidden: Value, output: Value, weight: Weight | undefined): Value =>
    builder.tape.op("Add", [hidden, weight === undefined ? output : norm(builder, { ...weight, epsilon }, output)]);
  return {
    ...familyDecoder(family, config, weights, norm),
    layer: (builder, index, hidden, attend) => {
      const layer = weights.layers[index]!;
      const { attentionNorm, query, key, value, output, feedForwardNorm, gate, up, down } = layer;
      const normed = norm(builder, { ...attentionNorm, epsilon }, hidden);
      const projected = projectHeads(builder, { ...sizes, query, key, value }, normed);
      const attended = attend(refine(builder, layer, projected));
      const outer = outputNorms?.(layer);
      const middle = addNormed(builder, hidden, linear(builder, output, attended), outer?.attention);
      const fed = gatedFeedForward(
        builder,
        { gate, up, down, activation },
        norm(builder, { ...feedForwardNorm, epsilon }, middle),
      );
      return addNormed(builder, middle, fed, outer?.feedForward);
    },
  };
};

/** No change of queries, keys and values before attention. */
export const asProjected = (_: Builder, __: LlamaLayer, projected: Projected): Projected => projected;

export const llamaDecoder = (family: string, config: LlamaConfig): Decoder =>
  llamaVariant(family, config, { weights: llamaWeights(config), norm: rmsNorm, refine: asProjected });
