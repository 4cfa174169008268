/** Moves tokens to an older stretch: out of the newer stretches, and out of the chunk that is appended. */
import type { TensorBuffer, Tensor } from "@ropewalk/backend";
import { roomier, type Given, type Growing, type HeldPart, type HeldStretch } from "../group-cache.ts";

/** Heads [numKvHeads, tokens, headDim], in a buffer or in a result of the graph. */
type Heads = { readonly part: TensorBuffer | Tensor; readonly tokens: number };

/** The buffer [numKvHeads, tokens, headDim] that heads are put into, from token `at` on. */
export type Target = { readonly buffer: TensorBuffer; readonly tokens: number; readonly at: number };

/** Copies the same tokens of every head from one place to another. */
export const copyHeads = (
  { extended: { decoder } }: Pick<Growing, "extended">,
  source: Heads & { readonly from: number; readonly count: number },
  { buffer, tokens, at }: Target,
): void => {
  const { numKvHeads, headDim } = decoder;
  buffer.write(source.part, {
    from: source.from * headDim,
    fromStride: source.tokens * headDim,
    to: at * headDim,
    toStride: tokens * headDim,
    length: source.count * headDim,
    count: numKvHeads,
  });
};

/** The stretch with more room. Its first `count` tokens keep their places. */
export const widened = (cache: Growing, held: HeldStretch, tokens: number, count: number): HeldStretch =>
  roomier(cache, held, tokens, (from, buffer) => {
    if (count > 0) copyHeads(cache, { part: from, tokens: held.room, from: 0, count }, { buffer, tokens, at: 0 });
  });

/** Tokens that lie side by side, and the heads that hold them in each part of a layer. */
export type Move = {
  readonly heads: (layer: number, held: HeldPart) => Heads;
  readonly from: number;
  readonly count: number;
};

/** The heads in a stretch that has not settled: keys in the same rotation, or values. A part there has one array. */
const sameIn =
  ({ layers, room }: HeldStretch): Move["heads"] =>
  (layer, { part: { rotation } }) => {
    const held = layers[layer]!.find(({ part }) => part.rotation === rotation)!;
    return { part: held.buffers[0]!, tokens: room };
  };

/** The heads in the results of a chunk. */
export const ofChunk =
  ({ results, rows }: Given): Move["heads"] =>
  (_, { output }) => ({ part: results[output]!, tokens: rows });

/** The moves that bring tokens [from, to) out of the stretches after the one at `at`, and out of the chunk. */
export const movesTo = (cache: Growing, at: number, given: Given, from: number, to: number): readonly Move[] => {
  const moves: Move[] = [];
  let token = from;
  for (const held of cache.stretches.slice(at + 1)) {
    const end = Math.min(to, held.rule.end(cache, held.stretch));
    if (token >= end) continue;
    const heads = sameIn(held);
    for (const { slot, count } of held.rule.runs(cache, token, end)) moves.push({ heads, from: slot, count });
    token = end;
  }
  if (token < to) moves.push({ heads: ofChunk(given), from: token - cache.length, count: to - token });
  return moves;
};

/** Carries out moves for one part of a layer: the tokens are put one after the other. */
export const moveHeads = (
  cache: Growing,
  moves: readonly Move[],
  layer: number,
  held: HeldPart,
  target: Target,
): void => {
  let { at } = target;
  for (const { heads, from, count } of moves) {
    copyHeads(cache, { ...heads(layer, held), from, count }, { ...target, at });
    at += count;
  }
};
