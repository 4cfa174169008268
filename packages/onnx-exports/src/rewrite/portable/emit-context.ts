/** The tape that all layers of a rewritten graph share, and the values that are recorded once for all of them. */
import type { Tape, Value } from "@ropewalk/graph";

export type EmitContext = {
  readonly tape: Tape;
  /** The value of this name in the export. */
  readonly value: (name: string, type: Value["type"], axes: number) => Value;
  /** Records something on the first call with a key, and gives the same on later calls. */
  readonly once: <T>(key: string, record: () => T) => T;
};

export const emitContext = (tape: Tape): EmitContext => {
  const recorded = new Map<string, unknown>();
  const once = <T>(key: string, record: () => T): T => {
    if (!recorded.has(key)) recorded.set(key, record());
    return recorded.get(key) as T;
  };
  return {
    tape,
    value: (name, type, axes) =>
      once(`value ${name}`, () =>
        tape.input(
          name,
          type!,
          Array.from({ length: axes }, () => undefined),
        ),
      ),
    once,
  };
};

/** A short list of integers as a constant. */
export const integers = ({ tape }: EmitContext, ...values: readonly number[]): Value =>
  tape.constant("int64", [values.length], values);

/** Elements `from` up to `to` along an axis. */
export const slice = (context: EmitContext, x: Value, axis: number, from: Value, to: Value): Value =>
  context.tape.op("Slice", [x, from, to, integers(context, axis)]);

/** The end of an axis, whatever its size. */
export const toEnd = (context: EmitContext): Value => integers(context, 2 ** 31 - 1);
