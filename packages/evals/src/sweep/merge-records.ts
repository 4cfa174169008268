/** Joins the records of a sweep's parts, each cell once. */
import { recordLine, type Records, type SweepHeader } from "./records.ts";

export type Part = { readonly name: string; readonly records: Records };

/** @throws RangeError for a part without a header */
const headerOf = ({ name, records }: Part): SweepHeader => {
  const header = records.headers.at(-1);
  if (header === undefined)
    throw new RangeError(`merge: ${name} must say of which sweep it is in its first line, got none`);
  return header;
};

export type Merged = { readonly text: string; readonly cells: number; readonly of: number };

/**
 * The text of the joined file. The order of the parts does not matter.
 *
 * @throws RangeError that names two parts of different sweeps
 */
export const mergeRecords = (parts: readonly Part[]): Merged => {
  const [first, ...rest] = parts;
  if (first === undefined) throw new RangeError("merge: parts must be at least 1, got 0");
  const { shard: _, ...header } = headerOf(first);
  for (const part of rest) {
    const { sweep } = headerOf(part);
    if (sweep !== header.sweep)
      throw new RangeError(
        `merge: ${part.name} must be a part of the same sweep as ${first.name} (${header.sweep.slice(0, 12)}), got ${sweep.slice(0, 12)}`,
      );
  }
  // If a cell was measured twice, the results may differ in times. The one that sorts first is taken, so that the order does not matter.
  const lines = new Map<string, string>();
  for (const { records } of parts)
    for (const [hash, record] of records.cells) {
      const line = recordLine(record);
      const there = lines.get(hash);
      if (there === undefined || line < there) lines.set(hash, line);
    }
  const sorted = [...lines].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
  return { text: recordLine(header) + sorted.join(""), cells: sorted.length, of: header.cells };
};
