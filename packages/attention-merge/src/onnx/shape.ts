/** A constant shape, or list of axes, for operators that take one as an input. */
import type { Tape, Value } from "@ropewalk/graph";

export const shape = (tape: Tape, ...dims: readonly number[]): Value => tape.constant("int64", [dims.length], dims);
