/**
 * The last few chunks of positions that go by chunks, each a stretch of its own: the newest is filled, and once it is full, each is the
 * one before. The oldest, whose tokens have been taken, is filled next.
 */
import type { AttentionPath } from "@ropewalk/context-extension";
import { ringChunks } from "@ropewalk/decoder";
import type { Growing, HeldPart, HeldStretch, StretchRule } from "../group-cache.ts";
import { copyHeads, ofChunk, widened } from "./copy-heads.ts";

type Chunked = Extract<AttentionPath, { readonly kind: "chunked" }>;

const layoutOf = ({
  group: { attentionPath },
}: {
  readonly group: { readonly attentionPath: AttentionPath };
}): Chunked => attentionPath as Chunked;

/** Room for a chunk of a run of `tokens`, in whole steps, whose last places stay behind the mask. */
const roomFor = ({ chunkLen }: Chunked, { step }: HeldStretch["stretch"], tokens: number): number =>
  Math.ceil(Math.min(chunkLen, tokens) / step) * step;

/** With room for the newest tokens of a run that is `end` long. */
const grown = (cache: Growing, held: HeldStretch, end: number): HeldStretch => {
  const attentionPath = layoutOf(cache);
  const { room: old, stretch } = held;
  if (roomFor(attentionPath, stretch, end) <= old) return held;
  const larger = roomFor(attentionPath, stretch, Math.max(end, 2 * old));
  return widened(cache, held, larger, Math.min(cache.length % attentionPath.chunkLen, old));
};

/** A new chunk begins: the buffers of each are those of the one before now, which keeps its names. */
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
    const attentionPath = layoutOf({ group });
    // The newest is filled first, then, as it moves on, the oldest one, and so on.
    const turn = stretch.back === 0 ? 0 : attentionPath.ringChunks - stretch.back;
    return turn < Math.ceil(length / attentionPath.chunkLen) ? roomFor(attentionPath, stretch, length) : 0;
  },
  read: ({ group }, { stretch, room }, length) =>
    ringChunks(group.attentionPath, length)[stretch.back]! > 0 ? room : 0,
  end: ({ group, length }, { back }) => {
    const { chunkLen } = layoutOf({ group });
    return back === 0 ? length : (Math.floor(length / chunkLen) - back + 1) * chunkLen;
  },
  runs: (cache, from, to) => [{ slot: from % layoutOf(cache).chunkLen, count: to - from }],
  append: (cache, at, given) => {
    const { length: start, stretches } = cache;
    if (stretches[at]!.stretch.back > 0 || given.tokens === 0) return cache;
    const { chunkLen } = layoutOf(cache);
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
