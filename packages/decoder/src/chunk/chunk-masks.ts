/** The masks of one chunk: for each band, which keys of the cache and of the chunk each query sees. */
import { byKind } from "@ropewalk/check";
import type { AttentionPath } from "@ropewalk/context-extension";
import type { Numbers } from "./chunk-numbers.ts";
import { farFrom, ringChunks, ringRuns, slotRuns, type Chunk, type SlotRun } from "./keys-before-chunk.ts";
import { coveredByOne, type KeyRun } from "./covered-keys.ts";
import { decoderInputs } from "../graph-interface.ts";

/** The number that is added to a masked score: far below any score, but finite, so that no difference of two scores is NaN. */
export const maskedScore = -1e30;

/** How many tokens have settled, and how many keys, stand-ins included, a chunk reads under the mask with a given name. */
export type CacheWidths = { readonly settled: number; readonly keys: (mask: string) => number };

type Masks = Readonly<Record<string, Numbers>>;

/** The open columns of a row. */
type Open = (row: number) => readonly SlotRun[];

/** A mask [rows, keys]: 0 in the open columns, `maskedScore` in all others. It has at least one column. */
const maskOf = (rows: number, keys: number, open: Open): Numbers => {
  const columns = Math.max(1, keys);
  const data = new Float32Array(rows * columns).fill(maskedScore);
  for (let row = 0; row < rows; row++)
    for (const { slot, count } of open(row)) data.fill(0, row * columns + slot, row * columns + slot + count);
  return { dims: [rows, columns], data };
};

/** Runs of keys in [from, to), counted from `from` on. */
const within = (runs: readonly KeyRun[], from: number, to: number): readonly SlotRun[] =>
  runs.flatMap((run) => {
    const [first, end] = [Math.max(run.from, from), Math.min(run.to, to)];
    return first < end ? [{ slot: first - from, count: end - first }] : [];
  });

/** The masks of the group at `place`: one for each masked part of its cache, and those of the chunk's own keys. */
export const chunkMasks = (
  place: number,
  attentionPath: AttentionPath,
  chunk: Chunk,
  { settled, keys }: CacheWidths,
): Masks => {
  const { start, length } = chunk;
  const farEnd = farFrom(attentionPath, start);
  const cached = (name: string, open: Open): Masks => ({ [name]: maskOf(length, keys(name), open) });
  const own = (name: string, open: Open): Masks => ({ [name]: maskOf(length, length, open) });

  const causal = (): Masks => own(decoderInputs.causalMask, (row) => [{ slot: 0, count: row + 1 }]);
  const tail = (): Masks => cached(decoderInputs.tailMask(place), () => [{ slot: 0, count: farEnd - settled }]);
  /** The first token that is near for the query of a row. */
  const nearFrom = (window: number, row: number): number => Math.min(start, Math.max(0, start + row - window + 1));
  const near = (window: number): Masks =>
    cached(decoderInputs.ringNearMask(place), (row) => slotRuns(nearFrom(window, row), start, window));
  const far = (window: number): Masks =>
    cached(decoderInputs.ringFarMask(place), (row) => slotRuns(farEnd, nearFrom(window, row), window));

  return byKind<AttentionPath, Masks, []>("chunkMasks", "attentionPath", attentionPath, {
    everything: () => ({ ...causal(), ...tail() }),
    window: ({ window }) => ({ ...causal(), ...near(window) }),
    "near-far": ({ window }) => ({ ...causal(), ...tail(), ...near(window), ...far(window) }),
    chunked: (chunked) => {
      const chunks = ringChunks(chunked, start).map((count, back) =>
        cached(decoderInputs.ringChunkMask(place, back), () => [{ slot: 0, count }]),
      );
      return Object.assign({ ...causal(), ...tail() }, ...chunks) as Masks;
    },
    masked: (masked) => {
      const rows = Array.from({ length }, (_, row) => coveredByOne("chunkMasks", masked, start + row));
      const bands = masked.bands.map((_, band): Masks => {
        const runs = (row: number): readonly KeyRun[] => rows[row]![band]!;
        return {
          ...cached(decoderInputs.ringBandMask(place, band), (row) =>
            within(runs(row), 0, start).flatMap(({ slot, count }) => ringRuns(masked, slot, slot + count)),
          ),
          ...own(decoderInputs.ownBandMask(place, band), (row) => within(runs(row), start, start + length)),
        };
      });
      return Object.assign({}, ...bands) as Masks;
    },
  });
};
