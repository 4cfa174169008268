/** Round numbers along an axis. */

const decimalsOf = (step: number): number => Math.max(0, -Math.floor(Math.log10(step) + 1e-9));

/** The smallest step of 1, 2 or 5 times a power of ten such that at most `most` steps cover the span. */
const stepFor = (span: number, most: number): number => {
  const power = 10 ** Math.floor(Math.log10(span / most));
  return [1, 2, 5, 10].map((digit) => digit * power).find((candidate) => candidate * most >= span * (1 - 1e-9))!;
};

export type Ticks = {
  readonly at: readonly number[];
  readonly shown: (tick: number) => string;
};

/** Round numbers that enclose the values, in at most `most` steps. */
export const ticksAround = (values: readonly number[], most = 8): Ticks => {
  const finite = values.filter(Number.isFinite);
  const [low, high] = finite.length === 0 ? [0, 1] : [Math.min(...finite), Math.max(...finite)];
  const step = stepFor(high > low ? high - low : Math.max(Math.abs(high), 1) / 2, most);
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  const count = Math.max(last, first + 1) - first + 1;
  return {
    at: Array.from({ length: count }, (_, index) => Number(((first + index) * step).toPrecision(12))),
    shown: (tick) => tick.toFixed(decimalsOf(step)),
  };
};

/** The values whose labels fit side by side: each lies at least `room` after the one before. */
export const labelled = (
  values: readonly number[],
  place: (value: number) => number,
  room: number,
): readonly number[] => {
  let free = -Infinity;
  return values.filter((value) => {
    if (place(value) < free) return false;
    free = place(value) + room;
    return true;
  });
};
