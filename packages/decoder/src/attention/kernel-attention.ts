/**
 * Attention of each layer as one node, `AttentionOverParts`, for a backend that has a kernel for it. Layers are recorded as for any other
 * graph. There are no masks: the node gets the range of tokens that each part of the cache holds.
 */
import { emitKernelNode, type KernelNodePart } from "@ropewalk/attention-merge/onnx";
import { placeOfLayer } from "@ropewalk/context-extension";
import type { Tape, Value } from "@ropewalk/graph";
import type { CacheStretch, Scored } from "../cache/cache-layout.ts";
import { cacheFormatOf } from "../cache/formats/index.ts";
import type { Attend } from "../decoder.ts";
import type { ExtendedDecoder } from "../extend-decoder.ts";
import { decoderInputs, sizeName } from "../graph-interface.ts";
import type { LayerAttention } from "./chunk-attention.ts";
import { declareArrays, rotatedIn, type RotatedLayer } from "./rotated-in-layer.ts";
import { declareGroupRotations, declareShared } from "./shared-inputs.ts";

/** What the kernel does not have is refused by name. */
const checkKernel = ({ groups, cache }: ExtendedDecoder): void => {
  const need = (holds: boolean, rule: string, got: string): void => {
    if (!holds) throw new RangeError(`kernelAttention: attention by the kernel needs ${rule}, got ${got}`);
  };
  need(cache === "float32", "a cache in float32", cache);
  for (const { attentionPath, positions } of groups) {
    need(attentionPath.kind !== "masked", "bands by distance or by chunks", `those of ${positions.name}`);
  }
};

/** The bands in which queries score the keys of a stretch, near to far. */
const scoredIn = ({ seen }: CacheStretch): readonly Scored[] => (seen.kind === "by-all" ? [seen] : seen.bands);

/** A stretch of the cache as a part. Keys of a ring are near or far by distance; those of other stretches are in one band for all queries. */
const cachedPart = (layer: RotatedLayer, stretch: CacheStretch): KernelNodePart => {
  const array = declareArrays(layer, stretch);
  const scored = scoredIn(stretch);
  const [near, far] = scored.map(({ band }) => band) as [number, number?];
  return {
    near,
    far,
    ring: stretch.kind === "ring",
    keys: scored.map(({ label }) => array("keys", label)),
    values: array("values"),
  };
};

type KernelLayer = RotatedLayer & { readonly ranges: Value };

const attendByKernel =
  (layer: KernelLayer): Attend =>
  (projected) => {
    const { tape, shared, own, ranges } = layer;
    const { queries, keys, values } = rotatedIn(layer, projected);
    const { band, rotation } = own.layout.own[0]!;
    // A chunk is never longer than the window, so its own keys are all in the nearest band.
    const chunk: KernelNodePart = {
      near: band,
      far: undefined,
      ring: false,
      keys: [keys[rotation]!],
      values,
    };
    const cached = own.layout.stretches.map((stretch) => cachedPart(layer, stretch));
    return emitKernelNode(tape, shared.heads, {
      ranges,
      queries,
      softcap: own.group.softcap,
      parts: [...cached, chunk],
    });
  };

/**
 * Declares the inputs that all layers read, and gives the attention of each layer, as `chunkAttention` does, with one node a layer.
 *
 * @throws RangeError when the kernel does not have the bands, the cache's format or heads of this width
 */
export const kernelAttention = (tape: Tape, extended: ExtendedDecoder, ids: Value): LayerAttention => {
  checkKernel(extended);
  const give = cacheFormatOf(extended).recent.give(tape);
  const shared = declareShared(tape, extended, ids, "always");
  const groups = extended.groups.map((_, place) => ({
    own: declareGroupRotations(tape, shared, extended, place),
    ranges: tape.input(decoderInputs.partRanges(place), "int32", [sizeName(place, "parts"), 3]),
  }));
  return (scope, index) => {
    const group = groups[placeOfLayer(extended.groups, index)]!;
    return attendByKernel({ tape: scope, give, shared, index, ...group });
  };
};
