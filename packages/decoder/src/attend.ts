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
import { quantizedBlock } from "@ropewalk/attention-merge";
import type { DataType, RecordOptions, Tape, Value } from "@ropewalk/graph";
import { emitRotaryEmbedding } from "@ropewalk/rope/onnx";
import { match } from "ts-pattern";
import type { Attend } from "./decoder.ts";
import { elementType, type ExtendedDecoder } from "./extend.ts";
import { inputs, outputs } from "./interface.ts";
import { keptRotations, rotationOf } from "./key-rotations.ts";
import type { SharedInputs } from "./shared-inputs.ts";

/**
 * Makes keys or values an output of the graph.
 *
 * @param record - records them
 * @returns what the chunk itself attends to
 */
export type Give = (name: string, record: (options?: RecordOptions) => Value) => Value;

type Layer = {
  readonly tape: Tape;
  readonly extended: ExtendedDecoder;
  readonly give: Give;
  readonly shared: SharedInputs;
  readonly index: number;
};

/** Queries in each band's rotation, near to far: [1, numKvHeads, group * seqLen, headDim] each. */
type Queries = readonly Value[];

/** A part of the cache, head by head. */
const heads = ({ tape, shared: { heads: sizes }, extended }: Layer, name: string, tokens: string): Value =>
  tape.input(name, elementType(extended), [sizes.numKvHeads, tokens, sizes.headDim]);

/** The long stretch that every query sees in the outermost rotation, as the cache keeps it. */
const settledPart = (layer: Layer, queries: Queries): SettledPart => {
  const { tape, shared, index, extended } = layer;
  const { numHeads, numKvHeads, headDim } = shared.heads;
  const seen = { queries: queries.at(-1)!, gate: shared.gate(inputs.settledGate) };
  const blocks = (name: string, type: DataType, ...dims: readonly number[]): Value =>
    tape.input(name, type, [numKvHeads, "settledBlocks", ...dims]);
  const perToken = (name: string): Value => blocks(name, "float32", 1, quantizedBlock);
  return match(extended.cache)
    .with("float32", "float16", () => ({
      kind: "dense" as const,
      ...seen,
      keys: heads(layer, inputs.settledKeys(index), "settledLen"),
      values: heads(layer, inputs.settledValues(index), "settledLen"),
    }))
    .with("q8", () => ({
      kind: "quantized" as const,
      ...seen,
      queries: tape.op("Mul", [
        seen.queries,
        tape.input(inputs.settledKeyDivisors(index), "float32", [numKvHeads, 1, headDim]),
      ]),
      group: numHeads / numKvHeads,
      keys: blocks(inputs.settledKeys(index), "int8", headDim, quantizedBlock),
      keyScales: perToken(inputs.settledKeyScales(index)),
      keyOffsets: perToken(inputs.settledKeyOffsets(index)),
      values: blocks(inputs.settledValues(index), "int8", quantizedBlock, headDim),
      valueScales: perToken(inputs.settledValueScales(index)),
    }))
    .exhaustive();
};

/** Seen by every query in the outermost rotation too, but not settled yet. */
const tailPart = (layer: Layer, queries: Queries): RecentPart => ({
  kind: "masked",
  queries: queries.at(-1)!,
  keys: heads(layer, inputs.tailKeys(layer.index), "tailLen"),
  values: heads(layer, inputs.tailValues(layer.index), "tailLen"),
  mask: layer.shared.mask(inputs.tailMask, "tailLen"),
});

/** The last keys, inside the window of some query. */
const nearRing = (layer: Layer, queries: Queries) => ({
  queries: queries[0]!,
  keys: heads(layer, inputs.ringNearKeys(layer.index), "ringLen"),
  mask: layer.shared.mask(inputs.ringNearMask, "ringLen"),
});

const ringValues = (layer: Layer): Value => heads(layer, inputs.ringValues(layer.index), "ringLen");

/** Those of them that are far from a query, in the far rotation. */
const eitherRing = (layer: Layer, queries: Queries): RecentPart => ({
  kind: "either",
  near: nearRing(layer, queries),
  far: {
    queries: queries.at(-1)!,
    keys: heads(layer, inputs.ringFarKeys(layer.index), "ringFarLen"),
    mask: layer.shared.mask(inputs.ringFarMask, "ringLen"),
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
    keys: keys[rotationOf(layer.extended, band)]!,
    mask: mask(band),
  })),
  values,
});

/** Every key before the chunk, under each band's mask. */
const bandsRing = (layer: Layer, queries: Queries): RecentPart =>
  bandsPart(layer, queries, {
    keys: keptRotations(layer.extended).map((_, rotation) =>
      heads(layer, inputs.ringKeys(layer.index, rotation), "ringLen"),
    ),
    values: ringValues(layer),
    mask: (band) => layer.shared.mask(inputs.ringBandMask(band), "ringLen"),
  });

/** The parts of the cache, in the order that `recentLengths` counts them. */
const cachedParts = (
  layer: Layer,
  queries: Queries,
): { readonly settled?: SettledPart; readonly recent: readonly RecentPart[] } =>
  match(layer.extended.layout)
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
    .with({ kind: "masked" }, () => ({ recent: [bandsRing(layer, queries)] }))
    .exhaustive();

/** The attention of layer `index`. */
export const attendIn =
  (layer: Layer): Attend =>
  ({ query, key, value }) => {
    const { tape, extended, give, shared, index } = layer;
    const { heads: counts, rotations } = shared;
    const { layout, rotaryDim } = extended.decoder.rope;
    const { numKvHeads, headDim } = counts;
    const rotary = { layout, numHeads: numKvHeads, headDim, rotaryDim };

    const scale = tape.op("Gather", [shared.queryScale, tape.constant("int64", [], [index])], { axis: 0 });
    const grouped = emitGroupQueries(tape, counts, tape.op("Mul", [query, scale]));
    const queries = rotations.map(({ query: { cos, sin } }) => emitRotaryEmbedding(tape, rotary, grouped, cos, sin));
    const fresh = emitHeads(tape, counts, key);
    const keys = keptRotations(extended).map((band, rotation) => {
      const { cos, sin } = rotations[band]!.key;
      return give(outputs.newKeys(index, rotation), (options) =>
        emitRotaryEmbedding(tape, rotary, fresh, cos, sin, options),
      );
    });
    const values = give(outputs.newValues(index), (options) => emitHeads(tape, counts, value, options));

    const { settled, recent } = cachedParts(layer, queries);
    const own: RecentPart =
      extended.layout.kind === "masked"
        ? bandsPart(layer, queries, {
            ...{ keys, values },
            mask: (band) => shared.mask(inputs.ownBandMask(band), "seqLen"),
          })
        : {
            kind: "masked",
            queries: queries[0]!,
            keys: keys[0]!,
            values,
            mask: shared.mask(inputs.causalMask, "seqLen"),
          };
    const parts = { settled, recent: [...recent, own], lengths: shared.recentLengths };
    if (shared.few === undefined) return emitUngroup(tape, counts, emitAttention(tape, parts));
    const [attended] = tape.branch(shared.few, {
      whenTrue: (arm) => [emitAttention(arm, parts)],
      whenFalse: (arm) => [emitAttentionByHead(arm, parts)],
    });
    return emitUngroup(tape, counts, attended!);
  };
