import type { Tape, Value } from "@ropewalk/graph";

/** Elements `from` to `to` of an axis, the last left out. */
export const part = (tape: Tape, x: Value, axis: number, from: number, to: number): Value =>
  from === 0 && to === x.dims![axis]
    ? x
    : tape.op("Slice", [x, ...[from, to, axis].map((number) => tape.constant("int64", [1], [number]))]);
