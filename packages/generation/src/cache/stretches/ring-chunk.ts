/**
 * The last few chunks, where positions go by chunks. Each chunk is a stretch of its own. The newest is filled. Once it is full, each chunk
 * becomes the one before, and the buffers of the oldest, whose tokens have been taken out, are filled next.
 */
import type { AttentionPath } from "@ropewalk/context-extension";
import { ringChunks } from "@ropewalk/decoder";
import type { Growing, HeldPart, HeldStretch, StretchRule } from "../group-cache.ts";
import { copyHeads, ofChunk, widened } from "./copy-heads.ts";

type Chunked = Extract<AttentionPath, { readonly kind: "chunked" }>;

const chunkedPathOf = ({
  group: { attentionPath },
}: {
  readonly group: { readonly attentionPath: AttentionPath };
}): Chunked => attentionPath as Chunked;

/** Room for a chunk of a run of `tokens`, in whole steps. A mask hides the places that are left over. */
const roomFor = ({ chunkLen }: Chunked, { step }: HeldStretch["stretch"], tokens: number): number =>
  Math.ceil(Math.min(chunkLen, tokens) / step) * step;

/** The stretch with room for the newest tokens of a run that is `end` long. */
const grown = (cache: Growing, held: HeldStretch, end: number): HeldStretch => {
  const chunked = chunkedPathOf(cache);
  const { room: old, stretch } = held;
  if (roomFor(chunked, stretch, end) <= old) return held;
  const larger = roomFor(chunked, stretch, Math.max(end, 2 * old));
  return widened(cache, held, larger, Math.min(cache.length % chunked.chunkLen, old));
};

/** Begins a new chunk: the buffers of each chunk go to the chunk before it. Names in the graph stay. */
const passedOn = (chunks: readonly HeldStretch[]): readonly HeldStretch[] =>
  chunks.map((held, at) => {
    const { room, layers } = chunks[(at + 1) % chunks.length]!;
    const taken = held.layers.map((layer, index) =>
      layer.map((part, place): HeldPart => ({ ...part, buffers: layers[index]![place]!.buffers })),
    );
    return { ...held, room, layers: taken };
  });

export const ringChunk: StretchRule = {
  room: (group, stretch, length) => {
    const chunked = chunkedPathOf({ group });
    // The newest chunk is filled first. When chunks move on, it gets the buffers of the oldest, and so on.
    const turn = stretch.back === 0 ? 0 : chunked.ringChunks - stretch.back;
    return turn < Math.ceil(length / chunked.chunkLen) ? roomFor(chunked, stretch, length) : 0;
  },
  read: ({ group }, { stretch, room }, length) =>
    ringChunks(group.attentionPath, length)[stretch.back]! > 0 ? room : 0,
  end: ({ group, length }, { back }) => {
    const { chunkLen } = chunkedPathOf({ group });
    return back === 0 ? length : (Math.floor(length / chunkLen) - back + 1) * chunkLen;
  },
  runs: (cache, from, to) => [{ slot: from % chunkedPathOf(cache).chunkLen, count: to - from }],
  append: (cache, at, given) => {
    const { length: start, stretches } = cache;
    if (stretches[at]!.stretch.back > 0 || given.tokens === 0) return cache;
    const { chunkLen } = chunkedPathOf(cache);
    const end = start + given.tokens;
    const held = grown(cache, stretches[at]!, end);
    const slot = start % chunkLen;
    held.layers.forEach((layer, index) => {
      for (const each of layer)
        copyHeads(
          cache,
          { ...ofChunk(given)(index, each), from: 0, count: given.tokens },
          { buffer: each.buffers[0]!, tokens: held.room, at: slot },
        );
    });
    const filled = stretches.with(at, held);
    if (end % chunkLen > 0) return { ...cache, stretches: filled };
    const first = filled.findIndex(({ stretch }) => stretch.kind === held.stretch.kind);
    return { ...cache, stretches: [...filled.slice(0, first), ...passedOn(filled.slice(first))] };
  },
  lasts: () => Infinity,
  forked: "copied",
};
