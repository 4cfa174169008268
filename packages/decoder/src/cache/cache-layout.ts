/**
 * How a group of layers keeps the tokens before a chunk: a list of stretches of tokens, the oldest first. Each stretch has its values,
 * and its keys in every rotation in which queries score them. Recording, feeding, filling and counting walk this list.
 *
 *   settled     seen by every query in the outermost rotation, without a mask, behind a gate
 *   tail        seen by every query in the outermost rotation, but not settled yet: a mask hides slots that are not in use
 *   ring        the last tokens; for an attention path under masks, all tokens that may be seen. One mask for each band
 *   ring-chunk  for positions that go by chunks, one of the last few chunks: in one band for all queries
 */
import { byKind } from "@ropewalk/check";
import type { AttentionPath, ExtendedGroup } from "@ropewalk/context-extension";
import type { CacheArray, CacheArrays, CacheFormat, Encode } from "./formats/format.ts";
import { cacheFormatOf } from "./formats/index.ts";
import type { ExtendedDecoder } from "../extend-decoder.ts";
import { decoderInputs, decoderOutputs, sizeName } from "../graph-interface.ts";
import { keptRotations, nearestBand, outermostBand, rotationOf } from "../attention/key-rotations.ts";

export type StretchKind = "settled" | "tail" | "ring" | "ring-chunk";

/** A band's queries, and the keys that they score: the place of their rotation, and a label if keys are read under several names. */
export type Scored = { readonly band: number; readonly rotation: number; readonly label?: string };

/** The input `mask` [seqLen, keys] says which of the keys the band covers. */
export type Masked = Scored & { readonly mask: string };

/**
 * How queries see the keys of a stretch: all queries see all keys in one band, unless the gate [1] is closed; or a mask says, for each
 * band, which query sees which key.
 */
export type Seen =
  | (Scored & { readonly kind: "by-all"; readonly gate: string })
  | { readonly kind: "under-masks"; readonly bands: readonly Masked[] };

/** One array of a part. */
export type PartArray = Omit<CacheArray, "shape"> & {
  /** The axes after the axis of heads and, if the array is per token, after the axis of tokens or tiles. */
  readonly shape: readonly number[];
  /** The number of elements for each token of a head or, if the array is per head, for each head. */
  readonly width: number;
};

/** The inputs of the graph that read a part. */
export type PartReading = {
  readonly label: string | undefined;
  /** The input names of the part's arrays, in their order, in a layer. */
  readonly names: (layer: number) => readonly string[];
  /** The graph's name for the number of tokens, or of tiles. */
  readonly size: string;
  /** Whether queries see these keys only if the chunk has a band. If it has none, one key may be fed in place of all. */
  readonly inBandsAlone: boolean;
};

/** The keys of a stretch in one rotation, or its values. */
export type CachePart = {
  /** The place of the keys' rotation among the rotations that are kept; undefined for the values. */
  readonly rotation: number | undefined;
  /** The output of the graph with the keys or values of the chunk's tokens. */
  readonly output: (layer: number) => string;
  readonly arrays: readonly PartArray[];
  /** Makes the arrays from the output. undefined: there is one array, with the output's elements. */
  readonly encode: Encode | undefined;
  /** One reading; several if bands that share the rotation read the keys under different labels. */
  readonly readings: readonly PartReading[];
};

export type CacheStretch = Pick<CacheArrays, "step" | "counted"> & {
  readonly kind: StretchKind;
  /** How many newer stretches of the same kind there are. */
  readonly back: number;
  /** The graph's name for the number of its tokens, or of its tiles. */
  readonly size: string;
  readonly seen: Seen;
  /** Keys, then values. */
  readonly parts: readonly CachePart[];
};

export type CacheLayout = {
  /** From the oldest tokens to the newest. */
  readonly stretches: readonly CacheStretch[];
  /** How the chunk's own keys are scored. */
  readonly own: readonly Masked[];
};

/** Keys in one rotation, with the label in their input's name: "near" in ring_near_keys. */
type PlannedKeys = Pick<Scored, "rotation" | "label"> & Partial<Pick<PartReading, "inBandsAlone">>;

type Plan = Pick<CacheStretch, "kind" | "back" | "seen"> & {
  /** The part of the names of its inputs and of its sizes. */
  readonly names: { readonly inputs: string; readonly size: string };
  /** How the stretch is kept, and how its arrays are encoded if they are. */
  readonly kept: CacheArrays & Pick<CacheFormat, "encode">;
  readonly keys: readonly PlannedKeys[];
};

type Placed = { readonly group: ExtendedGroup; readonly place: number; readonly format: CacheFormat };

const scoredIn = (group: ExtendedGroup, band: number): Scored => ({ band, rotation: rotationOf(group, band) });

const nearest = ({ group }: Placed): Scored => scoredIn(group, nearestBand);

const outermost = ({ group }: Placed): Scored => scoredIn(group, outermostBand(group));

/** The stretches that every query sees in the outermost rotation. */
const farPlans = (placed: Placed): readonly Plan[] => {
  const { place, format } = placed;
  const far = outermost(placed);
  return [
    {
      kind: "settled",
      back: 0,
      kept: format,
      keys: [far],
      names: { inputs: "settled", size: "settled" },
      seen: { kind: "by-all", ...far, gate: decoderInputs.settledGate(place) },
    },
    {
      kind: "tail",
      back: 0,
      kept: format.recent,
      keys: [far],
      names: { inputs: "tail", size: "tail" },
      seen: { kind: "under-masks", bands: [{ ...far, mask: decoderInputs.tailMask(place) }] },
    },
  ];
};

const ringPlan = ({ format }: Placed, bands: readonly Masked[], keys: readonly PlannedKeys[]): Plan => ({
  kind: "ring",
  back: 0,
  kept: format.recent,
  keys,
  names: { inputs: "ring", size: "ring" },
  seen: { kind: "under-masks", bands },
});

/** The stretch of the chunk that is `back` chunks before the queries'; the band with the same number covers it. */
const chunkPlan = ({ group, place, format }: Placed, back: number): Plan => {
  const band = scoredIn(group, back);
  return {
    kind: "ring-chunk",
    back,
    kept: format.recent,
    keys: [band],
    names: { inputs: `ring_chunk_${back}`, size: `ringChunk${back}` },
    seen: { kind: "under-masks", bands: [{ ...band, mask: decoderInputs.ringChunkMask(place, back) }] },
  };
};

/** The stretches of an attention path. */
const plansOf = (placed: Placed): readonly Plan[] => {
  const { group, place } = placed;
  const near = { ...nearest(placed), label: "near", mask: decoderInputs.ringNearMask(place) };
  return byKind<AttentionPath, readonly Plan[], []>("cacheLayout", "attentionPath", group.attentionPath, {
    everything: () => farPlans(placed),
    window: () => [ringPlan(placed, [near], [near])],
    "near-far": () => {
      const far = { ...outermost(placed), label: "far", mask: decoderInputs.ringFarMask(place) };
      return [...farPlans(placed), ringPlan(placed, [near, far], [near, { ...far, inBandsAlone: true }])];
    },
    chunked: ({ ringChunks }) => [
      ...farPlans(placed),
      ...Array.from({ length: ringChunks }, (_, newer) => chunkPlan(placed, ringChunks - 1 - newer)),
    ],
    masked: ({ bands }) => {
      const labelled = (scored: Scored): Scored => ({ ...scored, label: String(scored.rotation) });
      return [
        ringPlan(
          placed,
          bands.map((_, band) => ({
            ...labelled(scoredIn(group, band)),
            mask: decoderInputs.ringBandMask(place, band),
          })),
          keptRotations(group).map((band) => labelled(scoredIn(group, band))),
        ),
      ];
    },
  });
};

/** How a chunk's own keys are scored: they are all in the nearest band, except under masks, where each band has a mask for them. */
const ownBands = (placed: Placed): readonly Masked[] => {
  const { group, place } = placed;
  const causal = (): readonly Masked[] => [{ ...nearest(placed), mask: decoderInputs.causalMask }];
  return byKind<AttentionPath, readonly Masked[], []>("cacheLayout", "attentionPath", group.attentionPath, {
    everything: causal,
    window: causal,
    "near-far": causal,
    chunked: causal,
    masked: ({ bands }) =>
      bands.map((_, band) => ({ ...scoredIn(group, band), mask: decoderInputs.ownBandMask(place, band) })),
  });
};

const partArrays = (all: readonly CacheArray[], headDim: number, tokens: number): readonly PartArray[] =>
  all.map(({ shape, ...array }) => {
    const sizes = shape(headDim);
    const elements = sizes.reduce((product, size) => product * size, 1);
    return { ...array, shape: sizes, width: array.per === "head" ? elements : elements / tokens };
  });

const stretchOf = (plan: Plan, place: number, headDim: number): CacheStretch => {
  const { kind, back, names, kept, keys, seen } = plan;
  const { counted, step } = kept;
  const size = sizeName(place, names.size + counted.as);
  const reading = (
    arrays: readonly CacheArray[],
    { label, inBandsAlone = false }: Partial<PlannedKeys>,
  ): PartReading => ({
    label,
    names: (layer) => arrays.map(({ suffix }) => decoderInputs.cached(layer, names.inputs, label, suffix)),
    // One key may be fed in place of all, so this size needs a name of its own.
    size: inBandsAlone ? sizeName(place, `${names.size}Far${counted.as}`) : size,
    inBandsAlone,
  });
  const keyParts = [...new Set(keys.map(({ rotation }) => rotation))].map((rotation): CachePart => ({
    rotation,
    output: (layer) => decoderOutputs.newKeys(layer, rotation),
    arrays: partArrays(kept.keys, headDim, counted.tokens),
    encode: kept.encode?.keys,
    readings: keys.filter((each) => each.rotation === rotation).map((each) => reading(kept.keys, each)),
  }));
  const values: CachePart = {
    rotation: undefined,
    output: (layer) => decoderOutputs.newValues(layer),
    arrays: partArrays(kept.values, headDim, counted.tokens),
    encode: kept.encode?.values,
    readings: [reading(kept.values, {})],
  };
  return { kind, back, size, seen, step, counted, parts: [...keyParts, values] };
};

/** The cache layout of the group at `place`. */
export const cacheLayout = (
  { decoder: { headDim }, groups, cache }: Pick<ExtendedDecoder, "decoder" | "groups" | "cache">,
  place: number,
): CacheLayout => {
  const placed: Placed = { group: groups[place]!, place, format: cacheFormatOf({ cache }) };
  return {
    stretches: plansOf(placed).map((plan) => stretchOf(plan, place, headDim)),
    own: ownBands(placed),
  };
};
