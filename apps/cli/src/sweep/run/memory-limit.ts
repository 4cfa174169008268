/** Whether a cell fits: bytes asked, of weights and of keys and values, and bytes had. */
import { InvalidArgumentError } from "commander";
import { freemem } from "node:os";
import { bytes } from "../../render/units.ts";
import type { PlannedCell } from "../plan/planned-cells.ts";

const units: Readonly<Record<string, number>> = { "": 1, B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** 800MB, 12 GB, or a number of bytes. */
export const readMemory = (text: string): number => {
  const [, count, unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*$/.exec(text) ?? [];
  const size = Object.entries(units).find(([name]) => name.toLowerCase() === unit.toLowerCase())?.[1];
  if (count === undefined || size === undefined || Number(count) === 0)
    throw new InvalidArgumentError(`must be bytes above 0, as 800MB or 12GB, got ${text}`);
  return Math.floor(Number(count) * size);
};

/** What may be used: of this machine what is free, in a container no more than it may have. */
export const memoryHad = (limit: number | undefined): number =>
  limit ?? Math.min(freemem(), (process as { availableMemory?: () => number }).availableMemory?.() ?? Infinity);

/** Why a cell does not fit, in words; undefined when it does. */
export const beyondMemory = ({ bytes: asked }: Pick<PlannedCell, "bytes">, had: number): string | undefined =>
  asked <= had
    ? undefined
    : `its memory must be at most what there is, ${bytes(had)} (${had} bytes), got ${bytes(asked)} (${asked} bytes) of weights and of keys and values`;

/** A model is small where a run of it keeps one core busy, and no more. */
const small = 256e6;

/** Runs side by side: as many as cores where every cell is small, and never more than there is memory for. */
export const workersFor = (
  cells: readonly PlannedCell[],
  { asked, cores, had }: { readonly asked: number | undefined; readonly cores: number; readonly had: number },
): number => {
  const largest = Math.max(1, ...cells.map((cell) => cell.bytes));
  const fit = Math.max(1, Math.floor(had / largest));
  return Math.max(1, Math.min(asked ?? (largest <= small ? cores : 1), fit, cells.length));
};
