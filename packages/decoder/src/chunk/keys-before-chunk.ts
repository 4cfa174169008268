/**
 * Where the keys before a chunk lie. The chunk's queries s … s + C - 1 attend to the keys before the chunk and to its own.
 *
 * With a window W, the keys before the chunk fall into three stretches. A chunk is never longer than W, so none of its own keys is
 * far from its own queries.
 *
 *   far   [0, s - W]            beyond the window of every query
 *   band  (s - W, s + C - 1 - W] beyond the window of the later queries, inside the window of the earlier ones
 *   near  the rest, up to s - 1  inside the window of every query
 *
 * Far keys lie in the settled part and the tail; the last W keys lie in a ring, token t in slot t mod W, and each query's
 * masks open a slot of the band in the near rotation or in the far one.
 *
 * If bands go by chunks of positions, a run never crosses the end of such a chunk, so every key before the run is in one band for
 * all of its queries. The last few chunks of positions are separate stretches; the chunks before them are far.
 *
 * Bands of any other form need one mask each, over all keys: there is no far or near stretch, and no token settles.
 */
import { byKind } from "@ropewalk/check";
import type { AttentionPath } from "@ropewalk/context-extension";

export type Chunk = { readonly start: number; readonly length: number };

/** The longest chunk that may start at token `start`. If positions go by chunks, it ends where the chunk of `start` ends. */
export const longestChunk = (attentionPath: AttentionPath, start: number): number =>
  byKind<AttentionPath, number, []>("longestChunk", "attentionPath", attentionPath, {
    everything: () => Infinity,
    window: ({ window }) => window,
    "near-far": ({ window }) => window,
    chunked: ({ chunkLen }) => chunkLen - (start % chunkLen),
    masked: ({ seen }) => seen?.last ?? Infinity,
  });

/** How many slots the ring has: the window; 0 without a ring; under masks one for every token that is kept, which may be all. */
export const ringSlots = (attentionPath: AttentionPath): number =>
  byKind<AttentionPath, number, []>("ringSlots", "attentionPath", attentionPath, {
    everything: () => 0,
    window: ({ window }) => window,
    "near-far": ({ window }) => window,
    chunked: ({ chunkLen, ringChunks }) => chunkLen * ringChunks,
    masked: ({ seen }) => (seen === undefined ? Infinity : seen.first + seen.last),
  });

/** How many of the first tokens are far from every query from position `start` on; 0 under masks, where no stretch is far. */
export const farFrom = (attentionPath: AttentionPath, start: number): number =>
  byKind<AttentionPath, number, []>("farFrom", "attentionPath", attentionPath, {
    everything: () => start,
    window: ({ window }) => Math.max(0, start - window + 1),
    "near-far": ({ window }) => Math.max(0, start - window + 1),
    chunked: ({ chunkLen, ringChunks }) => Math.max(0, Math.floor(start / chunkLen) - ringChunks + 1) * chunkLen,
    masked: () => 0,
  });

/** How many tokens have been run when the first `count` tokens are far: the smallest start with farFrom(start) >= count. */
export const farAfter = (attentionPath: AttentionPath, count: number): number =>
  byKind<AttentionPath, number, []>("farAfter", "attentionPath", attentionPath, {
    everything: () => count,
    window: ({ window }) => count + window - 1,
    "near-far": ({ window }) => count + window - 1,
    chunked: ({ chunkLen, ringChunks }) => (Math.ceil(count / chunkLen) + ringChunks - 1) * chunkLen,
    masked: () => Infinity,
  });

/**
 * For positions that go by chunks: how many tokens of each of the last few chunks lie before token `start`. The chunk of `start`
 * comes first, then the chunks before it.
 */
export const ringChunks = (attentionPath: AttentionPath, start: number): readonly number[] => {
  if (attentionPath.kind !== "chunked") return [];
  const { chunkLen, ringChunks: count } = attentionPath;
  const own = Math.floor(start / chunkLen);
  return Array.from({ length: count }, (_, back) => (back === 0 ? start % chunkLen : back > own ? 0 : chunkLen));
};

/** Whether the chunk has a band: a key before it that is near for an earlier query and far for a later one. */
export const hasBand = (attentionPath: AttentionPath, { start, length }: Chunk): boolean =>
  "window" in attentionPath && length > 1 && start + length > attentionPath.window && start > 0;

/** Consecutive slots of a ring. */
export type SlotRun = { readonly slot: number; readonly count: number };

/** The slots of tokens [from, to) in a ring, token t in slot t mod `slots`, as runs that do not wrap. */
export const slotRuns = (from: number, to: number, slots: number): readonly SlotRun[] => {
  const runs: SlotRun[] = [];
  for (let token = from; token < to;) {
    const slot = token % slots;
    const count = Math.min(to - token, slots - slot);
    runs.push({ slot, count });
    token += count;
  }
  return runs;
};

/** How many of the first tokens a ring keeps for good, and how many slots it reuses for the last tokens. */
const keptOf = (attentionPath: AttentionPath): { readonly first: number; readonly last: number } =>
  (attentionPath.kind === "masked" && attentionPath.seen) || { first: 0, last: ringSlots(attentionPath) };

/** The tokens of [from, to) that a ring keeps after `to` tokens were run. */
export const ringTokens = (
  attentionPath: AttentionPath,
  from: number,
  to: number,
): readonly { readonly from: number; readonly to: number }[] => {
  const { first, last } = keptOf(attentionPath);
  const parts = [
    { from, to: Math.min(first, to) },
    { from: Math.max(from, first, to - last), to },
  ];
  return parts.filter((part) => part.from < part.to);
};

/** The slots of tokens [from, to) in a ring: token t in slot t mod window, after the slots of the first tokens if they are always kept. */
export const ringRuns = (attentionPath: AttentionPath, from: number, to: number): readonly SlotRun[] => {
  const { first, last } = keptOf(attentionPath);
  const always = from < first ? [{ slot: from, count: Math.min(to, first) - from }] : [];
  const rest = slotRuns(Math.max(from, first) - first, Math.max(to, first) - first, last);
  return [...always, ...rest.map(({ slot, count }) => ({ slot: first + slot, count }))];
};
