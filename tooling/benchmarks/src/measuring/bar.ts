/** A bar: a measured figure and the limit that it must keep. */

export type Bar = {
  readonly name: string;
  readonly value: number;
  /** Absent for a ratio. */
  readonly unit?: string;
  readonly rule: "at most" | "at least";
  readonly bar: number;
  readonly pass: boolean;
  /** The measurements that the value comes from. */
  readonly from?: string;
};

/** A bar without its limit. */
export type Measured = Pick<Bar, "name" | "value" | "unit" | "from">;

const holds: Readonly<Record<Bar["rule"], (value: number, limit: number) => boolean>> = {
  "at most": (value, limit) => value <= limit,
  "at least": (value, limit) => value >= limit,
};

/** The bar of a figure that must be at most or at least `limit`. A computed limit is rounded only when it is printed. */
export const barOf = (measured: Measured, rule: Bar["rule"], limit: number): Bar => ({
  ...measured,
  rule,
  bar: limit,
  pass: holds[rule](measured.value, limit),
});

export const renderBar = ({ name, value, unit, rule, bar, pass, from }: Bar): string => {
  const suffix = unit === undefined ? "" : ` ${unit}`;
  const limit = Number(bar.toFixed(3));
  return `${pass ? "pass" : "FAIL"}  ${value.toFixed(3)}${suffix} (${rule} ${limit})  ${name}${from ? `: ${from}` : ""}`;
};
