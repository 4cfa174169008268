/**
 * The last tokens: token t of a window W in slot t mod W, whose order does not matter to attention, since a key is rotated to its place.
 * Under masks there is a slot for every token that may be seen again, or where that are the first and the last few, the first in the
 * first slots and the last around the rest. The room grows with what is in it, and ends where there are no more slots.
 */
import { ringRuns, ringSlots, ringTokens } from "@ropewalk/decoder";
import { withStretch, type Growing, type HeldStretch, type StretchRule } from "../group-cache.ts";
import { copyHeads, ofChunk, widened } from "./copy-heads.ts";

/** Room for `tokens`, or for all slots where these are fewer, in whole steps, whose last places stay behind the mask. */
const room: StretchRule["room"] = ({ attentionPath }, { step }, tokens) =>
  Math.ceil(Math.min(ringSlots(attentionPath), tokens) / step) * step;

/** With room for `tokens`. It has not wrapped yet: it wraps only once it has all its slots. */
const grown = (cache: Growing, held: HeldStretch, tokens: number): HeldStretch => {
  const { group, length } = cache;
  const { room: old, stretch } = held;
  if (tokens <= old || old >= ringSlots(group.attentionPath)) return held;
  return widened(cache, held, room(group, stretch, Math.max(tokens, 2 * old)), Math.min(length, old));
};

export const ring: StretchRule = {
  room,
  read: (_, held, length) => (length > 0 ? held.room : 0),
  end: ({ length }) => length,
  runs: ({ group }, from, to) => ringRuns(group.attentionPath, from, to),
  append: (cache, at, given) => {
    const { length: start, group } = cache;
    const end = start + given.tokens;
    const held = grown(cache, cache.stretches[at]!, end);
    const { layers, room: tokens } = held;
    const heads = ofChunk(given);
    for (const kept of ringTokens(group.attentionPath, start, end)) {
      let from = kept.from - start;
      for (const { slot, count } of ringRuns(group.attentionPath, kept.from, kept.to)) {
        layers.forEach((layer, index) => {
          for (const each of layer)
            copyHeads(cache, { ...heads(index, each), from, count }, { buffer: each.buffers[0]!, tokens, at: slot });
        });
        from += count;
      }
    }
    return withStretch(cache, at, held);
  },
  lasts: () => Infinity,
  forked: "copied",
};
