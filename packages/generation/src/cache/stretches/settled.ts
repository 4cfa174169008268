/**
 * Tokens that have settled, in the arrays of the cache's format. The tokens of each head lie in one piece, without gaps, so all heads are
 * moved apart with every step that settles. That costs a small part of what was read in between.
 *
 * Arrays that a fork holds too are not written to. Tokens that are due stay in the tail until as many wait as have settled. From then on a
 * copy of the shared arrays costs no more than what was read in between.
 */
import { float32, int8, type TensorBuffer } from "@ropewalk/backend";
import type { ExtendedGroup } from "@ropewalk/context-extension";
import { farAfter, farFrom, type CacheStretch, type Encoded, type PartArray } from "@ropewalk/decoder";
import {
  copyFirst,
  roomier,
  withStretch,
  type Given,
  type Growing,
  type HeldPart,
  type HeldStretch,
  type StretchRule,
} from "../group-cache.ts";
import { moveHeads, movesTo } from "./copy-heads.ts";

/** At least this many tokens settle at a time. */
export const settleStep = 128;

/** How many of the first `due` tokens can settle: only whole steps can. */
const settleable = ({ step }: Pick<CacheStretch, "step">, due: number): number => due - (due % step);

const isShared = ({ backend }: Growing, { layers }: HeldStretch): boolean =>
  backend.isShared(layers[0]![0]!.buffers[0]!);

/** How many tokens wait before they settle together. */
const settleStepOf = (cache: Growing, held: HeldStretch): number =>
  isShared(cache, held) ? Math.max(settleStep, cache.settled) : settleStep;

/** Moves heads of `from` tokens apart, so that each has room for `to`. */
const spread = (heads: number, { per, width }: PartArray, buffer: TensorBuffer, from: number, to: number): void => {
  if (per === "head") return;
  for (let head = heads - 1; head > 0; head--) buffer.move(head * from * width, head * to * width, from * width);
};

/** Writes tokens [from, to) of an array whose heads are `to` tokens long. An array with one entry for each head is written whole. */
const write = (
  heads: number,
  { per, width }: PartArray,
  buffer: TensorBuffer,
  data: Encoded[string],
  [from, to]: readonly [number, number],
): void => {
  const tensor = data instanceof Int8Array ? int8([data.length], data) : float32([data.length], data);
  const [length, at, stride] = per === "head" ? [width, 0, width] : [(to - from) * width, from * width, to * width];
  buffer.write(tensor, { from: 0, fromStride: length, to: at, toStride: stride, length, count: heads });
};

/** The elements of a float32 buffer that lies on the host. */
const elementsOf = (backend: { readonly name: string }, buffer: TensorBuffer): Float32Array => {
  const tensor = buffer.view(0, [buffer.length]);
  if (tensor.place !== "host")
    throw new TypeError(`cache: 8 bits need a backend whose buffers are on the host, got ${backend.name}`);
  return tensor.data as Float32Array;
};

/** The dimensions of a head in pairs that rotate together. Dimensions that do not rotate stand alone. */
const pairsOf = (headDim: number, rope: ExtendedGroup["rope"]): readonly (readonly number[])[] => {
  const { rotaryDim, layout } = rope ?? { rotaryDim: 0, layout: "halves" };
  const pairs: Readonly<Record<typeof layout, (index: number) => readonly number[]>> = {
    halves: (index) => [index, index + rotaryDim / 2],
    interleaved: (index) => [2 * index, 2 * index + 1],
  };
  const pair = pairs[layout];
  return [
    ...Array.from({ length: rotaryDim / 2 }, (_, index) => pair(index)),
    ...Array.from({ length: headDim - rotaryDim }, (_, index) => [rotaryDim + index]),
  ];
};

/** The contents of those arrays of a part that have one entry for each head. */
const perHeadOf = ({ backend }: Growing, { part: { arrays }, buffers }: HeldPart): Encoded =>
  Object.fromEntries(
    arrays.flatMap(({ per, suffix }, index) =>
      per === "head" ? [[suffix, elementsOf(backend, buffers[index]!)] as const] : [],
    ),
  );

/** Settles tokens until `total` have settled. */
const settle = (cache: Growing, at: number, given: Given, total: number): Growing => {
  const { backend, extended, group, settled: from } = cache;
  const { numKvHeads, headDim } = extended.decoder;
  const before = cache.stretches[at]!;
  const shared = isShared(cache, before);
  const held =
    shared || total > before.room
      ? roomier(cache, before, shared ? total : Math.max(total, 2 * before.room), (old, next, { per, width }) =>
          copyFirst(old, next, numKvHeads * (per === "head" ? 1 : from) * width),
        )
      : before;
  const { layers, stretch } = held;
  const moves = movesTo(cache, at, given, from, total);
  for (const { part, buffers } of layers.flat())
    part.arrays.forEach((array, index) => spread(numKvHeads, array, buffers[index]!, from, total));

  const dims = [numKvHeads, total - from, headDim] as const;
  // One scratch buffer serves all layers: allocating memory costs more than the work done in it.
  const scratch = stretch.parts.some(({ encode }) => encode !== undefined)
    ? backend.allocate(dims[0] * dims[1] * dims[2])
    : undefined;
  const pairs = pairsOf(headDim, group.rope);
  layers.forEach((layer, index) => {
    for (const each of layer) {
      const { part, buffers } = each;
      if (scratch === undefined || part.encode === undefined) {
        moveHeads(cache, moves, index, each, { buffer: buffers[0]!, tokens: total, at: from });
        continue;
      }
      moveHeads(cache, moves, index, each, { buffer: scratch, tokens: total - from, at: 0 });
      const rows = { dims, data: elementsOf(backend, scratch) };
      const encoded = part.encode(rows, { pairs, perHead: from === 0 ? undefined : perHeadOf(cache, each) });
      part.arrays.forEach((array, a) => write(numKvHeads, array, buffers[a]!, encoded[array.suffix]!, [from, total]));
    }
  });
  if (scratch !== undefined) backend.free(scratch);
  return withStretch({ ...cache, settled: total }, at, held);
};

export const settled: StretchRule = {
  room: ({ attentionPath }, stretch, length) => settleable(stretch, farFrom(attentionPath, length)),
  read: (cache) => cache.settled,
  end: (cache) => cache.settled,
  runs: (_, from, to) => [{ slot: from, count: to - from }],
  append: (cache, at, given) => {
    const due = farFrom(cache.group.attentionPath, cache.length + given.tokens);
    const held = cache.stretches[at]!;
    return due - cache.settled < settleStepOf(cache, held)
      ? cache
      : settle(cache, at, given, settleable(held.stretch, due));
  },
  lasts: (cache, held) => farAfter(cache.group.attentionPath, cache.settled + settleStepOf(cache, held)) - cache.length,
  forked: "shared",
};
