/**
 * Tokens that have settled: as large as it is full, each head's in one run, in the arrays of the cache's format. It is laid out anew with
 * every step that settles: that costs a small part of what was read in between.
 *
 * Arrays that a fork has too are not written to. What is due then stays in the tail, until as much of it waits as has settled: from there on
 * a copy of one's own costs no more than what was read in between.
 */
import { float32, int8, type TensorBuffer } from "@ropewalk/backend";
import type { ExtendedGroup } from "@ropewalk/context-extension";
import { farAfter, farFrom, type CacheStretch, type Encoded, type PartArray } from "@ropewalk/decoder";
import { match } from "ts-pattern";
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

/** Tokens settle at least this many at a time. */
export const settleStep = 128;

/** How many of `due` tokens can settle: whole steps. */
const settleable = ({ step }: Pick<CacheStretch, "step">, due: number): number => due - (due % step);

const isShared = ({ backend }: Growing, { layers }: HeldStretch): boolean =>
  backend.isShared(layers[0]![0]!.buffers[0]!);

/** How many tokens wait until they settle. */
const settleStepOf = (cache: Growing, held: HeldStretch): number =>
  isShared(cache, held) ? Math.max(settleStep, cache.settled) : settleStep;

/** Heads of `from` tokens moved apart, so that each has room for `to`. */
const spread = (heads: number, { per, width }: PartArray, buffer: TensorBuffer, from: number, to: number): void => {
  if (per === "head") return;
  for (let head = heads - 1; head > 0; head--) buffer.move(head * from * width, head * to * width, from * width);
};

/** Tokens [from, to) of an array whose heads are `to` tokens long; of one that is per head, all of it. */
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

/** The elements of a buffer of float32 that is on the host. */
const elementsOf = (backend: { readonly name: string }, buffer: TensorBuffer): Float32Array => {
  const tensor = buffer.view(0, [buffer.length]);
  if (tensor.place !== "host")
    throw new TypeError(`cache: 8 bits need a backend whose buffers are on the host, got ${backend.name}`);
  return tensor.data as Float32Array;
};

/** The dimensions of a head that rotate together; the others each alone. */
const pairsOf = (headDim: number, rope: ExtendedGroup["rope"]): readonly (readonly number[])[] => {
  const { rotaryDim, layout } = rope ?? { rotaryDim: 0, layout: "halves" };
  const pair = match(layout)
    .with("halves", () => (index: number) => [index, index + rotaryDim / 2])
    .with("interleaved", () => (index: number) => [2 * index, 2 * index + 1])
    .exhaustive();
  return [
    ...Array.from({ length: rotaryDim / 2 }, (_, index) => pair(index)),
    ...Array.from({ length: headDim - rotaryDim }, (_, index) => [rotaryDim + index]),
  ];
};

/** What the arrays per head of a part hold. */
const perHeadOf = ({ backend }: Growing, { part: { arrays }, buffers }: HeldPart): Encoded =>
  Object.fromEntries(
    arrays.flatMap(({ per, suffix }, index) =>
      per === "head" ? [[suffix, elementsOf(backend, buffers[index]!)] as const] : [],
    ),
  );

/** Settles tokens up to `total` in all. */
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
  // One for all layers: memory that is new costs more than what is done with it.
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
