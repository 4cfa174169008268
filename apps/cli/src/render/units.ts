/** Numbers as people read them. */

const steps = ["B", "kB", "MB", "GB", "TB"] as const;

/** Bytes in powers of a thousand, three digits: 12.3 MB. */
export const bytes = (count: number): string => {
  const power = Math.min(steps.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  return `${power === 0 ? count : (count / 1000 ** power).toPrecision(3)} ${steps[power]}`;
};

/** A rate per second; null when no time was measured. */
export const rate = (count: number, milliseconds: number): number | null =>
  count > 0 && milliseconds > 0 ? (1000 * count) / milliseconds : null;

/** A rate per second as text, without decimals: 12,345. */
export const perSecond = (count: number, milliseconds: number): string =>
  count > 0 && milliseconds > 0 ? Math.round((1000 * count) / milliseconds).toLocaleString("en") : "-";

export const percent = (share: number): string => `${Math.round(100 * share)}%`;

/** 1 h 5 min, 12 min, 40 s */
export const duration = (milliseconds: number): string => {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

/** 1 cell, 2 cells */
export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;
