/** Tokens that have left the window and wait for a block of their kind: token t in place t - settled of a fixed room, behind a mask. */
import { farFrom } from "@ropewalk/decoder";
import type { Growing, StretchRule } from "./group.ts";
import { moveHeads, movesTo } from "./moves.ts";
import { settleBlock } from "./settled.ts";

/** Every token before is beyond the window of all queries to come. */
const end = ({ group, length }: Pick<Growing, "group" | "length">): number => farFrom(group.layout, length);

export const tail: StretchRule = {
  room: () => settleBlock,
  read: ({ group, settled }, { room }, length) => (farFrom(group.layout, length) > settled ? room : 0),
  end,
  runs: ({ settled }, from, to) => [{ slot: from - settled, count: to - from }],
  append: (cache, at, given) => {
    const held = cache.stretches[at]!;
    // Those that have just settled are waiting no more.
    const from = Math.max(end(cache), cache.settled);
    const moves = movesTo(cache, at, given, from, farFrom(cache.group.layout, cache.length + given.tokens));
    if (moves.length > 0)
      held.layers.forEach((layer, index) => {
        for (const each of layer)
          moveHeads(cache, moves, index, each, {
            ...{ buffer: each.buffers[0]!, tokens: held.room, at: from - cache.settled },
          });
      });
    return cache;
  },
  lasts: () => Infinity,
};
