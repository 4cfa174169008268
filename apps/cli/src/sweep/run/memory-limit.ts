/** Whether a cell fits: the bytes of its weights, keys and values, and the bytes that are available. */
import { InvalidArgumentError } from "commander";
import { freemem } from "node:os";
import { bytes } from "../../render/units.ts";
import type { PlannedCell } from "../plan/planned-cells.ts";

const units: Readonly<Record<string, number>> = { "": 1, B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** Reads 800MB, 12 GB, or a number of bytes. */
export const readMemory = (text: string): number => {
  const [, count, unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*$/.exec(text) ?? [];
  const size = Object.entries(units).find(([name]) => name.toLowerCase() === unit.toLowerCase())?.[1];
  if (count === undefined || size === undefined || Number(count) === 0)
    throw new InvalidArgumentError(`must be bytes above 0, as 800MB or 12GB, got ${text}`);
  return Math.floor(Number(count) * size);
};

/** The bytes that may be used: the free memory, but no more than a container's limit. */
export const memoryHad = (limit: number | undefined): number =>
  limit ?? Math.min(freemem(), (process as { availableMemory?: () => number }).availableMemory?.() ?? Infinity);

/** Why a cell does not fit, in words; undefined when it does. */
export const beyondMemory = ({ bytes: asked }: Pick<PlannedCell, "bytes">, had: number): string | undefined =>
  asked <= had
    ? undefined
    : `its memory must be at most what there is, ${bytes(had)} (${had} bytes), got ${bytes(asked)} (${asked} bytes) of weights and of keys and values`;

/** Bytes of a small model, whose run keeps only one core busy. */
const small = 256e6;

/** The number of workers: one for each core when every cell is small, but never more than fit in memory. */
export const workersFor = (
  cells: readonly PlannedCell[],
  { asked, cores, had }: { readonly asked: number | undefined; readonly cores: number; readonly had: number },
): number => {
  const largest = Math.max(1, ...cells.map((cell) => cell.bytes));
  const fit = Math.max(1, Math.floor(had / largest));
  return Math.max(1, Math.min(asked ?? (largest <= small ? cores : 1), fit, cells.length));
};
