/**
 * Tokens that have left the window and wait until a whole step of them can settle: token t lies in place t - settled, and a mask hides unused
 * places. Where tokens wait longer, the room grows by at least an eighth. It shrinks to one step again once they have settled.
 */
import { farFrom } from "@ropewalk/decoder";
import { roomier, withStretch, type Growing, type HeldStretch, type StretchRule } from "../group-cache.ts";
import { copyHeads, moveHeads, movesTo } from "./copy-heads.ts";
import { settleStep } from "./settled.ts";

/** Every token before this one is beyond the window of all later queries. */
const end = ({ group, length }: Pick<Growing, "group" | "length">): number => farFrom(group.attentionPath, length);

/** The room for `tokens`, in whole steps, where the room was `before`. */
const roomFor = (tokens: number, before: number, hasSettled: boolean): number => {
  const least = Math.max(settleStep, Math.ceil(tokens / settleStep) * settleStep);
  if (hasSettled || least <= before) return hasSettled ? least : before;
  return Math.max(least, Math.ceil((before * 9) / 8 / settleStep) * settleStep);
};

/** The stretch with room for tokens up to `due`. Tokens that have not settled lie from the first place on. */
const fitted = (cache: Growing, held: HeldStretch, due: number): HeldStretch => {
  const { settled, settledBefore } = cache;
  const room = roomFor(due - settled, held.room, settled > settledBefore);
  // When a step settles out of a room of one step, nothing is left to copy.
  if (room === held.room && (settled === settledBefore || room === settleStep)) return held;
  const count = end(cache) - settled;
  return roomier(cache, held, room, (from, buffer) => {
    if (count > 0)
      copyHeads(
        cache,
        { part: from, tokens: held.room, from: settled - settledBefore, count },
        { buffer, tokens: room, at: 0 },
      );
  });
};

export const tail: StretchRule = {
  room: () => settleStep,
  read: ({ group, settled }, { room }, length) => (farFrom(group.attentionPath, length) > settled ? room : 0),
  end,
  runs: ({ settled }, from, to) => [{ slot: from - settled, count: to - from }],
  append: (cache, at, given) => {
    const due = farFrom(cache.group.attentionPath, cache.length + given.tokens);
    const held = fitted(cache, cache.stretches[at]!, due);
    // Tokens that have just settled wait no more.
    const from = Math.max(end(cache), cache.settled);
    const moves = movesTo(cache, at, given, from, due);
    if (moves.length > 0)
      held.layers.forEach((layer, index) => {
        for (const each of layer)
          moveHeads(cache, moves, index, each, {
            buffer: each.buffers[0]!,
            tokens: held.room,
            at: from - cache.settled,
          });
      });
    return withStretch(cache, at, held);
  },
  lasts: () => Infinity,
  forked: "copied",
};
