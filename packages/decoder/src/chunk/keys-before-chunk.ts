/**
 * Where the keys before a chunk are: queries s … s + C - 1 over the keys before them and among themselves.
 *
 * With a window W, the keys before the chunk fall into three stretches; a chunk is never longer than W, so none of its own
 * keys is far from any of its own queries.
 *
 *   far   [0, s - W]            beyond the window of every query
 *   band  (s - W, s + C - 1 - W] beyond it for the later queries, inside it for the earlier ones
 *   near  the rest, up to s - 1  inside the window of every query
 *
 * Far keys lie in the settled part and the tail; the last W keys lie in a ring, token t in slot t mod W, and each query's
 * masks open a slot of the band in the near rotation or in the far one.
 *
 * Where bands go by chunks of tokens, a chunk that is run lies in one of them: every key before it is of one band for all of its
 * queries, that of its chunk. The last few chunks lie apart, each as a stretch of its own; those before are far.
 *
 * Bands of any other form take a mask each, over all keys: nothing is far or near, and nothing settles.
 */
import { byKind } from "@ropewalk/check";
import type { AttentionPath } from "@ropewalk/context-extension";

export type Chunk = { readonly start: number; readonly length: number };

/** The longest chunk that may start at token `start`. Where positions go by chunks, it ends where the chunk of `start` ends. */
export const longestChunk = (attentionPath: AttentionPath, start: number): number =>
  byKind<AttentionPath, number, []>("longestChunk", "attentionPath", attentionPath, {
    everything: () => Infinity,
    window: ({ window }) => window,
    "near-far": ({ window }) => window,
    chunked: ({ chunkLen }) => chunkLen - (start % chunkLen),
    masked: ({ seen }) => seen?.last ?? Infinity,
  });

/** The ring's slots in all: the window; 0 where there is none. Under masks one for every token that is kept, be it any. */
export const ringSlots = (attentionPath: AttentionPath): number =>
  byKind<AttentionPath, number, []>("ringSlots", "attentionPath", attentionPath, {
    everything: () => 0,
    window: ({ window }) => window,
    "near-far": ({ window }) => window,
    chunked: ({ chunkLen, ringChunks }) => chunkLen * ringChunks,
    masked: ({ seen }) => (seen === undefined ? Infinity : seen.first + seen.last),
  });

/** How many tokens from the start on are far from every query from position `start` on; none where masks say what is far. */
export const farFrom = (attentionPath: AttentionPath, start: number): number =>
  byKind<AttentionPath, number, []>("farFrom", "attentionPath", attentionPath, {
    everything: () => start,
    window: ({ window }) => Math.max(0, start - window + 1),
    "near-far": ({ window }) => Math.max(0, start - window + 1),
    chunked: ({ chunkLen, ringChunks }) => Math.max(0, Math.floor(start / chunkLen) - ringChunks + 1) * chunkLen,
    masked: () => 0,
  });

/** How many tokens are run once that many from the start on are far: the least whose `farFrom` is no less. */
export const farAfter = (attentionPath: AttentionPath, count: number): number =>
  byKind<AttentionPath, number, []>("farAfter", "attentionPath", attentionPath, {
    everything: () => count,
    window: ({ window }) => count + window - 1,
    "near-far": ({ window }) => count + window - 1,
    chunked: ({ chunkLen, ringChunks }) => (Math.ceil(count / chunkLen) + ringChunks - 1) * chunkLen,
    masked: () => Infinity,
  });

/**
 * Where positions go by chunks of tokens, how many are before a run from token `start` on of each of the last few that lie apart: the
 * run's own first, then back.
 */
export const ringChunks = (attentionPath: AttentionPath, start: number): readonly number[] => {
  if (attentionPath.kind !== "chunked") return [];
  const { chunkLen, ringChunks: count } = attentionPath;
  const own = Math.floor(start / chunkLen);
  return Array.from({ length: count }, (_, back) => (back === 0 ? start % chunkLen : back > own ? 0 : chunkLen));
};

/** Whether a query of the chunk is a window or more away from a key that an earlier one is closer to. */
export const hasBand = (attentionPath: AttentionPath, { start, length }: Chunk): boolean =>
  "window" in attentionPath && length > 1 && start + length > attentionPath.window && start > 0;

/** Slots of a ring, side by side. */
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

/** How many of the first tokens a ring keeps for good, and how many of the last it goes around. */
const keptOf = (attentionPath: AttentionPath): { readonly first: number; readonly last: number } =>
  (attentionPath.kind === "masked" && attentionPath.seen) || { first: 0, last: ringSlots(attentionPath) };

/** The tokens of [from, to) that a ring keeps, once `to` tokens are run. */
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

/** Where tokens [from, to) of a ring lie: token t in slot t mod window, and behind the first that are always seen where there are any. */
export const ringRuns = (attentionPath: AttentionPath, from: number, to: number): readonly SlotRun[] => {
  const { first, last } = keptOf(attentionPath);
  const always = from < first ? [{ slot: from, count: Math.min(to, first) - from }] : [];
  const rest = slotRuns(Math.max(from, first) - first, Math.max(to, first) - first, last);
  return [...always, ...rest.map(({ slot, count }) => ({ slot: first + slot, count }))];
};
