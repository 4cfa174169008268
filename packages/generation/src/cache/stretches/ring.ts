/**
 * The last tokens. With a window W, token t lies in slot t mod W. The order of slots does not matter to attention, since each key is rotated
 * to its own position. Under masks there is a slot for every token that may be seen again. Where only the first and the last few tokens can
 * be seen, the first lie in the first slots and the last go round the other slots. The room grows with the tokens, up to the number of slots.
 */
import { ringRuns, ringSlots, ringTokens } from "@ropewalk/decoder";
import { withStretch, type Growing, type HeldStretch, type StretchRule } from "../group-cache.ts";
import { copyHeads, ofChunk, widened } from "./copy-heads.ts";

/** Room for `tokens`, or for all slots where these are fewer, in whole steps. A mask hides the places that are left over. */
const room: StretchRule["room"] = ({ attentionPath }, { step }, tokens) =>
  Math.ceil(Math.min(ringSlots(attentionPath), tokens) / step) * step;

/** The stretch with room for `tokens`. A ring that can still grow has not wrapped: it wraps only once it has all its slots. */
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
