/** A figure that is measured and held to a limit. */
import { match } from "ts-pattern";

export type Bar = {
  readonly name: string;
  readonly value: number;
  /** Absent for a ratio. */
  readonly unit?: string;
  readonly rule: "at most" | "at least";
  readonly bar: number;
  readonly pass: boolean;
  /** What it was worked out from. */
  readonly from?: string;
};

/** What a bar says besides its limit. */
export type Measured = Pick<Bar, "name" | "value" | "unit" | "from">;

const holds = (rule: Bar["rule"], value: number, limit: number): boolean =>
  match(rule)
    .with("at most", () => value <= limit)
    .with("at least", () => value >= limit)
    .exhaustive();

/** `measured`, which is to be `rule` `limit`. A limit that was worked out is rounded in print alone. */
export const barOf = (measured: Measured, rule: Bar["rule"], limit: number): Bar => ({
  ...measured,
  rule,
  bar: limit,
  pass: holds(rule, measured.value, limit),
});

export const renderBar = ({ name, value, unit, rule, bar, pass, from }: Bar): string => {
  const suffix = unit === undefined ? "" : ` ${unit}`;
  const limit = Number(bar.toFixed(3));
  return `${pass ? "pass" : "FAIL"}  ${value.toFixed(3)}${suffix} (${rule} ${limit})  ${name}${from ? `: ${from}` : ""}`;
};
