/**
 * The results file of a sweep, in JSON lines:
 *
 *   {"record":"sweep","version":1,"sweep":"…","cells":60}       names the sweep of the following lines
 *   {"record":"cell","hash":"…","result":{…}, …}                 a finished cell
 *
 * A line is complete when it ends in a line feed. A last line without one was cut off when its writer ended, and is ignored.
 */
import { show, showName } from "@ropewalk/check";
import type { Shard } from "./shard.ts";
import { sweepVersion } from "./cell.ts";

export type SweepHeader = {
  readonly record: "sweep";
  readonly version: number;
  /** The hash of all its cells. */
  readonly sweep: string;
  readonly cells: number;
  readonly shard?: Shard;
};

export type CellRecord = {
  readonly record: "cell";
  readonly hash: string;
  /** As the sweep names them. */
  readonly model: string;
  readonly method: string;
  readonly kind: string;
  readonly params: object;
  /** The positions that the method resulted in, in words and as numbers. */
  readonly positions: string;
  readonly groupSize?: number;
  readonly window?: number;
  readonly beyondCapacity: boolean;
  /** As its kind has it. */
  readonly result: object;
};

export type SweepRecord = SweepHeader | CellRecord;

export type Records = {
  readonly headers: readonly SweepHeader[];
  /** The first of each hash, in the order of the lines. */
  readonly cells: ReadonlyMap<string, CellRecord>;
  /** Characters of an incomplete last line. */
  readonly torn: number;
};

export const recordLine = (record: SweepRecord): string => `${JSON.stringify(record)}\n`;

const hash = /^[0-9a-f]{64}$/;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const readLine = (where: string, line: string): SweepRecord => {
  const fails = (words: string, cause?: unknown): Error =>
    new Error(`${where} must be a record of a sweep, got ${words}`, { cause });
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch (error) {
    throw fails(showName((error as Error).message), error);
  }
  if (!isObject(read)) throw fails(show(read));
  const { record, version, sweep, hash: own, result } = read;
  if (record === "sweep") {
    if (version !== sweepVersion) throw fails(`version ${show(version)}, where ${sweepVersion} is read`);
    if (typeof sweep !== "string") throw fails(`sweep ${show(sweep)}`);
    return read as unknown as SweepHeader;
  }
  if (record !== "cell") throw fails(`record ${show(record)}`);
  if (typeof own !== "string" || !hash.test(own)) throw fails(`hash ${show(own)}`);
  if (!isObject(result)) throw fails(`result ${show(result)}`);
  return read as unknown as CellRecord;
};

/**
 * Reads the lines of a results file.
 *
 * @throws Error that names the line, counted from 1, of one that is broken and is not the last
 */
export const readRecords = (where: string, text: string): Records => {
  const lines = text.split("\n");
  const torn = lines.pop()!.length;
  const records = lines.map((line, index) => readLine(`${where}: line ${index + 1}`, line));
  const cells = new Map<string, CellRecord>();
  for (const record of records) if (record.record === "cell" && !cells.has(record.hash)) cells.set(record.hash, record);
  return { headers: records.filter((record) => record.record === "sweep"), cells, torn };
};
