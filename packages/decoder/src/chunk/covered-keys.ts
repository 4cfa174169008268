/** The keys j <= i that a band covers for query i: by distance from <= i - j < to, in tokens or in chunks, or by the band's rule. */
import type { Band, PositionMapping } from "@ropewalk/position-mapping";
import { covers } from "@ropewalk/position-mapping/bands";

/** Consecutive keys [from, to). */
export type KeyRun = { readonly from: number; readonly to: number };

/** The keys of query `i` that the band covers, in their order. */
export const coveredKeys = (band: Band, i: number): readonly KeyRun[] => {
  if (band.covers === undefined) {
    const { chunkLen = 1 } = band;
    const chunk = Math.floor(i / chunkLen);
    const run = {
      from: Math.max(0, chunk - Math.min(band.to, chunk + 1) + 1) * chunkLen,
      to: Math.min(i + 1, (chunk - band.from + 1) * chunkLen),
    };
    return run.from < run.to ? [run] : [];
  }
  const runs: KeyRun[] = [];
  for (let from = 0; from <= i; from++) {
    if (!covers(band, i, from)) continue;
    let to = from + 1;
    while (to <= i && covers(band, i, to)) to++;
    runs.push({ from, to });
    // The band does not cover key `to`, so the search goes on after it.
    from = to;
  }
  return runs;
};

/**
 * The keys of query `i` that each band covers. They are checked here, because a band with a rule can only be checked pair by pair.
 *
 * @throws RangeError when two bands cover the same key, no key is covered, or a covered key is outside `seen`
 */
export const coveredByOne = (
  where: string,
  { bands, seen = { first: 0, last: Infinity } }: Pick<PositionMapping, "bands" | "seen">,
  i: number,
): readonly (readonly KeyRun[])[] => {
  const runs = bands.map((band) => coveredKeys(band, i));
  const inOrder = runs.flatMap((row, band) => row.map((run) => ({ ...run, band }))).toSorted((a, b) => a.from - b.from);
  if (inOrder.length === 0)
    throw new RangeError(`${where}: bands must leave every query a key, got none of ${i + 1} for query ${i}`);
  for (const [at, { from, to, band }] of inOrder.entries()) {
    const unseen = Math.max(from, seen.first);
    if (unseen < to && i - unseen >= seen.last)
      throw new RangeError(
        `${where}: bands must cover no key but the first ${seen.first} and the last ${seen.last}, got query ${i} and key ${unseen}`,
      );
    const before = inOrder[at - 1];
    if (before !== undefined && before.to > from)
      throw new RangeError(
        `${where}: bands must not overlap, got bands[${before.band}] and bands[${band}] for query ${i} and key ${from}`,
      );
  }
  return runs;
};
