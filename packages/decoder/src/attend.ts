/**
 * One layer's attention under an extension: project, scale, rotate once a band, attend over the cache and the chunk.
 *
 * A key is rotated here once for good; the graph gives it back in every band's rotation and never rotates a cached one.
 */
import {
  emitAttention,
  emitAttentionByHead,
  emitGroupQueries,
  emitHeads,
  emitUngroup,
  type RecentPart,
  type SettledPart,
} from "@ropewalk/attention-merge/onnx";
import type { Tape, Value } from "@ropewalk/graph";
import { match } from "ts-pattern";
import type { CacheFormat, Give } from "./cache-formats/format.ts";
import type { Attend } from "./decoder.ts";
import { inputs, outputs } from "./interface.ts";
import { keptRotations, rotationOf } from "./key-rotations.ts";
import { sizeName, type GroupInputs, type SharedInputs } from "./shared-inputs.ts";

type Layer = {
  readonly tape: Tape;
  readonly format: CacheFormat;
  readonly give: Give;
  readonly shared: SharedInputs;
  /** What the layer's group shares. */
  readonly own: GroupInputs;
  readonly index: number;
};

/** Queries in each band's rotation, near to far: [1, numKvHeads, group * seqLen, headDim] each. */
type Queries = readonly Value[];

/** A part of the cache, head by head. */
const heads = (layer: Layer, name: string, tokens: string): Value => {
  const { numKvHeads, headDim } = layer.shared.heads;
  return layer.tape.input(name, layer.format.recent.type, [numKvHeads, sizeName(layer.own.place, tokens), headDim]);
};

/** A mask of the layer's group, by the name of its keys' count. */
const maskOf = ({ shared, own: { place } }: Layer, name: string, tokens: string): Value =>
  shared.mask(name, sizeName(place, tokens));

/** The long stretch that every query sees in the outermost rotation, as the cache keeps it. */
const settledPart = ({ tape, shared, index, format, own }: Layer, queries: Queries): SettledPart => {
  const { numHeads, numKvHeads, headDim } = shared.heads;
  const count = sizeName(own.place, `settled${format.counted.as}`);
  const arrays = new Map(
    [...format.keys, ...format.values].map(({ suffix, type, per, shape }) => {
      const dims = [numKvHeads, ...(per === "token" ? [count] : []), ...shape(headDim)];
      return [suffix, tape.input(inputs.settled(index, suffix), type, dims)];
    }),
  );
  return format.emit(tape, {
    queries: queries.at(-1)!,
    gate: shared.gate(inputs.settledGate(own.place)),
    group: numHeads / numKvHeads,
    array: (suffix) => arrays.get(suffix)!,
  });
};

/** Seen by every query in the outermost rotation too, but not settled yet. */
const tailPart = (layer: Layer, queries: Queries): RecentPart => ({
  kind: "masked",
  queries: queries.at(-1)!,
  keys: heads(layer, inputs.tailKeys(layer.index), "tailLen"),
  values: heads(layer, inputs.tailValues(layer.index), "tailLen"),
  mask: maskOf(layer, inputs.tailMask(layer.own.place), "tailLen"),
});

/** The last keys, inside the window of some query. */
const nearRing = (layer: Layer, queries: Queries) => ({
  queries: queries[0]!,
  keys: heads(layer, inputs.ringNearKeys(layer.index), "ringLen"),
  mask: maskOf(layer, inputs.ringNearMask(layer.own.place), "ringLen"),
});

const ringValues = (layer: Layer): Value => heads(layer, inputs.ringValues(layer.index), "ringLen");

/** Those of them that are far from a query, in the far rotation. */
const eitherRing = (layer: Layer, queries: Queries): RecentPart => ({
  kind: "either",
  near: nearRing(layer, queries),
  far: {
    queries: queries.at(-1)!,
    keys: heads(layer, inputs.ringFarKeys(layer.index), "ringFarLen"),
    mask: maskOf(layer, inputs.ringFarMask(layer.own.place), "ringLen"),
  },
  values: ringValues(layer),
});

/** Keys before the chunk, or its own, under each band's mask. */
const bandsPart = (
  layer: Layer,
  queries: Queries,
  {
    keys,
    values,
    mask,
  }: { readonly keys: readonly Value[]; readonly values: Value; readonly mask: (band: number) => Value },
): RecentPart => ({
  kind: "bands",
  bands: queries.map((query, band) => ({
    queries: query,
    keys: keys[rotationOf(layer.own.group, band)]!,
    mask: mask(band),
  })),
  values,
});

/** The last few chunks of tokens, each in its band's rotation. */
const ringChunkParts = (layer: Layer, queries: Queries): readonly RecentPart[] =>
  // Those of the last band are settled, or on their way.
  queries.slice(0, -1).map((query, back) => ({
    kind: "masked",
    queries: query,
    keys: heads(layer, inputs.ringChunkKeys(layer.index, back), `ringChunk${back}Len`),
    values: heads(layer, inputs.ringChunkValues(layer.index, back), `ringChunk${back}Len`),
    mask: maskOf(layer, inputs.ringChunkMask(layer.own.place, back), `ringChunk${back}Len`),
  }));

/** Every key before the chunk, under each band's mask. */
const bandsRing = (layer: Layer, queries: Queries): RecentPart =>
  bandsPart(layer, queries, {
    keys: keptRotations(layer.own.group).map((_, rotation) =>
      heads(layer, inputs.ringKeys(layer.index, rotation), "ringLen"),
    ),
    values: ringValues(layer),
    mask: (band) => maskOf(layer, inputs.ringBandMask(layer.own.place, band), "ringLen"),
  });

/** The parts of the cache, in the order that `recentLengths` counts them. */
const cachedParts = (
  layer: Layer,
  queries: Queries,
): { readonly settled?: SettledPart; readonly recent: readonly RecentPart[] } =>
  match(layer.own.group.layout)
    .with({ kind: "everything" }, () => ({
      settled: settledPart(layer, queries),
      recent: [tailPart(layer, queries)],
    }))
    .with({ kind: "window" }, () => ({
      recent: [{ kind: "masked" as const, ...nearRing(layer, queries), values: ringValues(layer) }],
    }))
    .with({ kind: "near-far" }, () => ({
      settled: settledPart(layer, queries),
      recent: [tailPart(layer, queries), eitherRing(layer, queries)],
    }))
    .with({ kind: "chunked" }, () => ({
      settled: settledPart(layer, queries),
      recent: [tailPart(layer, queries), ...ringChunkParts(layer, queries)],
    }))
    .with({ kind: "masked" }, () => ({ recent: [bandsRing(layer, queries)] }))
    .exhaustive();

/** Queries, in each band's rotation; as they are where nothing rotates. */
const rotatedQueries = ({ tape, own: { group, turn } }: Layer, queries: Value): Queries =>
  group.positions.bands.map((_, band) => (turn === undefined ? queries : turn(tape, band, "query", queries)));

/** A chunk's keys [seqLen, numKvHeads * headDim] in each rotation that is kept, given out. */
const rotatedKeys = ({ tape, shared, own: { group, turn }, give, index }: Layer, rows: Value): readonly Value[] => {
  const fresh = turn && emitHeads(tape, shared.heads, rows);
  return keptRotations(group).map((band, rotation) =>
    give(outputs.newKeys(index, rotation), (options) =>
      fresh === undefined ? emitHeads(tape, shared.heads, rows, options) : turn!(tape, band, "key", fresh, options),
    ),
  );
};

/** The attention of layer `index`. */
export const attendIn =
  (layer: Layer): Attend =>
  ({ query, key, value }) => {
    const { tape, give, shared, index } = layer;
    const { group, place, recentLengths } = layer.own;
    const { heads: counts } = shared;

    const scale = tape.op("Gather", [shared.queryScale, tape.constant("int64", [], [index])], { axis: 0 });
    const grouped = emitGroupQueries(tape, counts, tape.op("Mul", [query, scale]));
    const queries = rotatedQueries(layer, grouped);
    const keys = rotatedKeys(layer, key);
    const values = give(outputs.newValues(index), (options) => emitHeads(tape, counts, value, options));

    const { settled, recent } = cachedParts(layer, queries);
    const own: RecentPart =
      group.layout.kind === "masked"
        ? bandsPart(layer, queries, {
            ...{ keys, values },
            mask: (band) => shared.mask(inputs.ownBandMask(place, band), "seqLen"),
          })
        : {
            kind: "masked",
            queries: queries[0]!,
            keys: keys[0]!,
            values,
            mask: shared.mask(inputs.causalMask, "seqLen"),
          };
    const parts = { settled, recent: [...recent, own], lengths: recentLengths, softcap: group.softcap };
    if (shared.few === undefined) return emitUngroup(tape, counts, emitAttention(tape, parts));
    const [attended] = tape.branch(shared.few, {
      whenTrue: (arm) => [emitAttention(arm, parts)],
      whenFalse: (arm) => [emitAttentionByHead(arm, parts)],
    });
    return emitUngroup(tape, counts, attended!);
  };
