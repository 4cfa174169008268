// Numbers that are known only when a graph runs. A runtime can neither fold the nodes that read them nor run these nodes earlier:
//
//   [g > g]          0, also where g is NaN

import type { DataType } from "../arrays/data-type.ts";
import { typeCode } from "../arrays/data-type.ts";
import type { Tape } from "../record/tape.ts";
import type { Value } from "../model/value.ts";

/** The first element of a value, [1]. */
export const firstElement = (tape: Tape, value: Value): Value => {
  const ints = (numbers: readonly number[]): Value => tape.constant("int64", [numbers.length], numbers);
  const axes = Array.from((value.dims ?? []).keys());
  const [starts, ends] = [axes.map(() => 0), axes.map(() => 1)];
  const first = axes.length === 0 ? value : tape.op("Slice", [value, ints(starts), ints(ends), ints(axes)]);
  return tape.op("Reshape", [first, ints([1])]);
};

/** Zero [1] of a type, once an element [1] is known. */
export const zeroBehind = (tape: Tape, element: Value, type: DataType): Value =>
  tape.op("Cast", [tape.op("Greater", [element, element])], { to: typeCode(type) });

/** 0, 1, … count - 1 as int32: the integers over which GPUs' providers have operators. */
export const countUp = (tape: Tape, count: number): Value =>
  tape.constant(
    "int32",
    [count],
    Int32Array.from({ length: count }, (_, n) => n),
  );
