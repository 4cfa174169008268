/**
 * The list of what a group of layers keeps of the tokens before a chunk. The list has stretches of tokens, the oldest first. Each stretch
 * has its values, and its keys in every rotation in which queries score them. Recording, feeding, filling and counting walk this list.
 *
 *   settled     seen by every query in the outermost rotation, behind a gate alone
 *   tail        the same, of tokens that have not settled: a mask hides what is not in use
 *   ring        the last tokens, or under masks all that may be seen, with a mask for each band
 *   ring-chunk  one of the last few chunks of positions that go by chunks: of one band for all queries
 */
import { byKind } from "@ropewalk/check";
import type { AttentionPath, ExtendedGroup } from "@ropewalk/context-extension";
import type { CacheArray, CacheArrays, CacheFormat, Encode } from "./formats/format.ts";
import { cacheFormatOf } from "./formats/index.ts";
import type { ExtendedDecoder } from "../extend-decoder.ts";
import { decoderInputs, decoderOutputs, sizeName } from "../graph-interface.ts";
import { keptRotations, nearestBand, outermostBand, rotationOf } from "../attention/key-rotations.ts";

export type StretchKind = "settled" | "tail" | "ring" | "ring-chunk";

/** Queries of a band, and the keys that they score: in which of the kept rotations, and by which name where several are read. */
export type Scored = { readonly band: number; readonly rotation: number; readonly label?: string };

/** The input [seqLen, keys] says which of the keys the band covers. */
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
  /** Behind the axes of heads and, where it is per token, of tokens or tiles. */
  readonly shape: readonly number[];
  /** Elements of a token of a head, or of a head. */
  readonly width: number;
};

/** Inputs of the graph that a part is read by. */
export type PartReading = {
  readonly label: string | undefined;
  /** The names of its arrays, in their order, for a layer. */
  readonly names: (layer: number) => readonly string[];
  /** What the graph calls the number of tokens, or of blocks. */
  readonly size: string;
  /** Whether no query sees it unless the chunk has a band: one key may stand for it then. */
  readonly inBandsAlone: boolean;
};

/** The keys of a stretch in one rotation, or its values. */
export type CachePart = {
  /** The place of the rotation among those that are kept; undefined for the values. */
  readonly rotation: number | undefined;
  /** The output of the graph with the keys or values of the chunk's tokens. */
  readonly output: (layer: number) => string;
  readonly arrays: readonly PartArray[];
  /** Makes the arrays from the output. Absent: there is one array, of the output's elements. */
  readonly encode: Encode | undefined;
  /** Once or, where bands that give keys one position are read apart, several times. */
  readonly readings: readonly PartReading[];
};

export type CacheStretch = Pick<CacheArrays, "step" | "counted"> & {
  readonly kind: StretchKind;
  /** How many newer stretches of the same kind there are. */
  readonly back: number;
  /** What the graph calls the number of its tokens, or of its tiles. */
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

/** Keys by the name that they are read by: ring_near_keys. */
type PlannedKeys = Pick<Scored, "rotation" | "label"> & Partial<Pick<PartReading, "inBandsAlone">>;

type Plan = Pick<CacheStretch, "kind" | "back" | "seen"> & {
  /** What inputs and sizes are called by. */
  readonly names: { readonly inputs: string; readonly size: string };
  /** How it is kept, and what makes its arrays where that takes something. */
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

/** Each of the last few chunks, which the band of as many back covers. */
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

/** The stretches that a way to attend has. */
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

/** All keys of a chunk are near to its queries; under masks each band says which it covers. */
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
    // Where one key may stand for all, their number is not the stretch's.
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
