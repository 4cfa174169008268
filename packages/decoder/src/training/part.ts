import type { Tape, Value } from "@ropewalk/graph";

const integer = (tape: Tape, number: number): Value => tape.constant("int64", [1], [number]);

/** Elements `from` to `to` of an axis, the last left out. */
export const part = (tape: Tape, x: Value, axis: number, from: number, to: number): Value =>
  from === 0 && to === x.dims![axis]
    ? x
    : tape.op("Slice", [x, integer(tape, from), integer(tape, to), integer(tape, axis)]);
