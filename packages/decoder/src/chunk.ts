/**
 * The numbers of one chunk: queries s … s + C - 1 over the keys before them and among themselves.
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
 * queries, that of its chunk. The last few chunks lie in a ring each, which they take in turn; those before are far.
 *
 * Bands of any other form take a mask each, over all keys: nothing is far or near, and nothing settles.
 */
import { byKind } from "@ropewalk/check";
import { positionIn, type BandLayout, type ExtendedGroup } from "@ropewalk/context-extension";
import { queryScales } from "@ropewalk/entropy-scaling";
import { rotationTable, type RopeFrequencies } from "@ropewalk/rope";
import type { ExtendedDecoder } from "./extend.ts";
import { coveredByOne, type KeyRun } from "./covered.ts";
import { inputs } from "./interface.ts";

type MaskedLayout = Extract<BandLayout, { readonly kind: "masked" }>;

export type Chunk = { readonly start: number; readonly length: number };

/** The longest chunk from token `start` on that a layout allows: up to where the positions' own chunk ends, where they have such. */
export const longestChunk = (layout: BandLayout, start: number): number =>
  byKind<BandLayout, number, []>("longestChunk", "layout", layout, {
    everything: () => Infinity,
    window: ({ window }) => window,
    "near-far": ({ window }) => window,
    chunked: ({ chunkLen }) => chunkLen - (start % chunkLen),
    masked: ({ seen }) => seen?.last ?? Infinity,
  });

/** The ring's slots in all: the window; 0 where there is none. Under masks one for every token that is kept, be it any. */
export const ringSlots = (layout: BandLayout): number =>
  byKind<BandLayout, number, []>("ringSlots", "layout", layout, {
    everything: () => 0,
    window: ({ window }) => window,
    "near-far": ({ window }) => window,
    chunked: ({ chunkLen, ringChunks }) => chunkLen * ringChunks,
    masked: ({ seen }) => (seen === undefined ? Infinity : seen.first + seen.last),
  });

/** How many tokens from the start on are far from every query from position `start` on; none where masks say what is far. */
export const farFrom = (layout: BandLayout, start: number): number =>
  byKind<BandLayout, number, []>("farFrom", "layout", layout, {
    everything: () => start,
    window: ({ window }) => Math.max(0, start - window + 1),
    "near-far": ({ window }) => Math.max(0, start - window + 1),
    chunked: ({ chunkLen, ringChunks }) => Math.max(0, Math.floor(start / chunkLen) - ringChunks + 1) * chunkLen,
    masked: () => 0,
  });

/** How many tokens are run once that many from the start on are far: the least whose `farFrom` is no less. */
export const farAfter = (layout: BandLayout, count: number): number =>
  byKind<BandLayout, number, []>("farAfter", "layout", layout, {
    everything: () => count,
    window: ({ window }) => count + window - 1,
    "near-far": ({ window }) => count + window - 1,
    chunked: ({ chunkLen, ringChunks }) => (Math.ceil(count / chunkLen) + ringChunks - 1) * chunkLen,
    masked: () => Infinity,
  });

/** How many tokens before a run from `start` on each of the last few chunks of positions has, by how many it is before that of the run. */
export const ringChunks = (layout: BandLayout, start: number): readonly number[] => {
  if (layout.kind !== "chunked") return [];
  const { chunkLen, ringChunks: count } = layout;
  const own = Math.floor(start / chunkLen);
  return Array.from({ length: count }, (_, back) => {
    if (back === 0) return start % chunkLen;
    return back > own ? 0 : chunkLen;
  });
};

/** Whether a query of the chunk is a window or more away from a key that an earlier one is closer to. */
export const hasBand = (layout: BandLayout, { start, length }: Chunk): boolean =>
  "window" in layout && length > 1 && start + length > layout.window && start > 0;

/** What a masked score is moved by: far below any score, yet finite, so that no difference of two is NaN. */
export const closed = -1e30;

export type Numbers = { readonly dims: readonly number[]; readonly data: Float32Array };

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
const keptOf = (layout: BandLayout): { readonly first: number; readonly last: number } =>
  (layout.kind === "masked" && layout.seen) || { first: 0, last: ringSlots(layout) };

/** The tokens of [from, to) that a ring keeps, once `to` tokens are run. */
export const ringTokens = (
  layout: BandLayout,
  from: number,
  to: number,
): readonly { readonly from: number; readonly to: number }[] => {
  const { first, last } = keptOf(layout);
  const parts = [
    { from, to: Math.min(first, to) },
    { from: Math.max(from, first, to - last), to },
  ];
  return parts.filter((part) => part.from < part.to);
};

/** Where tokens [from, to) of a ring lie: token t in slot t mod window, and behind the first that are always seen where there are any. */
export const ringRuns = (layout: BandLayout, from: number, to: number): readonly SlotRun[] => {
  const { first, last } = keptOf(layout);
  const always = from < first ? [{ slot: from, count: Math.min(to, first) - from }] : [];
  const rest = slotRuns(Math.max(from, first) - first, Math.max(to, first) - first, last);
  return [...always, ...rest.map(({ slot, count }) => ({ slot: first + slot, count }))];
};

/** [rows, keys] of 0 in the columns that `open` gives for each row, else `closed`; never without a column. */
const mask = (rows: number, keys: number, open: (row: number) => readonly SlotRun[]): Numbers => {
  const columns = Math.max(1, keys);
  const data = new Float32Array(rows * columns).fill(closed);
  for (let row = 0; row < rows; row++)
    for (const { slot, count } of open(row)) data.fill(0, row * columns + slot, row * columns + slot + count);
  return { dims: [rows, columns], data };
};

/**
 * Tokens settled, and how many keys a chunk reads of the parts that have a mask. Where that is 0, one stand-in is fed, behind
 * a closed mask of one column.
 */
export type CacheWidths = { readonly settled: number; readonly tailLen: number; readonly ringLen: number };

/** What each band covers of the cached keys, and of the chunk's own. */
const bandMasks = (
  place: number,
  layout: MaskedLayout,
  { start, length }: Chunk,
  ringLen: number,
): Readonly<Record<string, Numbers>> => {
  const { bands } = layout;
  const rows = Array.from({ length }, (_, row) => coveredByOne("chunkMasks", layout, start + row));
  const masks = bands.map((_, band): Readonly<Record<string, Numbers>> => {
    const runs = rows.map((row) => row[band]!);
    const cached = (row: number): readonly SlotRun[] =>
      within(runs[row]!, 0, start).flatMap(({ slot, count }) => ringRuns(layout, slot, slot + count));
    return {
      [inputs.ringBandMask(place, band)]: mask(length, ringLen, cached),
      [inputs.ownBandMask(place, band)]: mask(length, length, (row) => within(runs[row]!, start, start + length)),
    };
  });
  return Object.assign({}, ...masks) as Readonly<Record<string, Numbers>>;
};

/** Runs of keys in [from, to), counted from `from` on. */
const within = (runs: readonly KeyRun[], from: number, to: number): readonly SlotRun[] =>
  runs.flatMap((run) => {
    const [first, end] = [Math.max(run.from, from), Math.min(run.to, to)];
    return first < end ? [{ slot: first - from, count: end - first }] : [];
  });

/** What is in use of each chunk of the ring. */
const ringChunkMasks = (
  place: number,
  layout: BandLayout,
  { start, length }: Chunk,
  ringLen: number,
): Readonly<Record<string, Numbers>> =>
  Object.fromEntries(
    ringChunks(layout, start).map((tokens, back) => [
      inputs.ringChunkMask(place, back),
      mask(length, tokens > 0 ? ringLen : 0, () => [{ slot: 0, count: tokens }]),
    ]),
  );

/** Masks of the parts of the cache that the group at `place` has, and of the chunk's own triangle. */
export const chunkMasks = (
  place: number,
  layout: BandLayout,
  { start, length }: Chunk,
  { settled, tailLen, ringLen }: CacheWidths,
): Readonly<Record<string, Numbers>> => {
  if (layout.kind === "masked") return bandMasks(place, layout, { start, length }, ringLen);
  const farEnd = farFrom(layout, start);
  const causal = { [inputs.causalMask]: mask(length, length, (row) => [{ slot: 0, count: row + 1 }]) };
  const tail = { [inputs.tailMask(place)]: mask(length, tailLen, () => [{ slot: 0, count: farEnd - settled }]) };
  if (layout.kind === "everything") return { ...causal, ...tail };
  if (layout.kind === "chunked")
    return { ...causal, ...tail, ...ringChunkMasks(place, layout, { start, length }, ringLen) };
  const { window } = layout;
  // The first token that is near for the query of a row.
  const nearFrom = (row: number): number => Math.min(start, Math.max(0, start + row - window + 1));
  const near = {
    [inputs.ringNearMask(place)]: mask(length, ringLen, (row) => slotRuns(nearFrom(row), start, window)),
  };
  if (layout.kind === "window") return { ...causal, ...near };
  const far = {
    [inputs.ringFarMask(place)]: mask(length, ringLen, (row) => slotRuns(farEnd, nearFrom(row), window)),
  };
  return { ...causal, ...tail, ...near, ...far };
};

/** Rotations of the chunk's queries and keys, band by band, for the group at `place`. */
const rotationsOf = (
  place: number,
  { rope, positions }: ExtendedGroup,
  frequencies: RopeFrequencies | undefined,
  at: readonly number[],
): Readonly<Record<string, Numbers>> => {
  const numbers: Record<string, Numbers> = {};
  if (rope === undefined || frequencies === undefined) return numbers;
  const dims = [at.length, rope.rotaryDim / 2];
  positions.bands.forEach((_, band) => {
    for (const side of ["query", "key"] as const) {
      const { cos, sin } = rotationTable(
        frequencies,
        at.map((token) => positionIn("chunkNumbers", positions, band, side, token)),
      );
      numbers[inputs.rotation(place, band, side, "cos")] = { dims, data: cos };
      numbers[inputs.rotation(place, band, side, "sin")] = { dims, data: sin };
    }
  });
  return numbers;
};

/** Rotations of the chunk's queries and keys, group by group, and the scale of each query in each layer. */
export const chunkNumbers = (
  { decoder: { numLayers }, groups }: ExtendedDecoder,
  frequencies: readonly (RopeFrequencies | undefined)[],
  { start, length }: Chunk,
): Readonly<Record<string, Numbers>> => {
  const at = Array.from({ length }, (_, offset) => start + offset);
  const scale = new Float32Array(numLayers * length);
  for (const { layers, entropy, scoreScale } of groups)
    for (const layer of layers) {
      const row = scale.subarray(layer * length, (layer + 1) * length);
      if (entropy === undefined) row.fill(scoreScale);
      else row.set(queryScales(entropy, layer, at).map((factor) => factor * scoreScale));
    }
  const rotations = groups.map((group, place) => rotationsOf(place, group, frequencies[place], at));
  return {
    ...(Object.assign({}, ...rotations) as Readonly<Record<string, Numbers>>),
    [inputs.queryScale]: { dims: [numLayers, length, 1], data: scale },
  };
};
