import type { Tape, Value } from "@ropewalk/graph";

const integer = (tape: Tape, number: number): Value => tape.constant("int64", [1], [number]);

/** The elements `from` to `to - 1` of an axis. */
export const part = (tape: Tape, x: Value, axis: number, from: number, to: number): Value =>
  from === 0 && to === x.dims![axis]
    ? x
    : tape.op("Slice", [x, integer(tape, from), integer(tape, to), integer(tape, axis)]);
