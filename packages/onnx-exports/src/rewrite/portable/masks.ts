/**
 * Masks that say which keys a query sees, recorded once for all layers. Query c is column pastLen + c of the attention mask:
 *
 *     seen(c, t) = t <= pastLen + c,  and t is a token,  and, if keys slide,  position(c) - position(t) < window
 *     near(c, t) = position(c) - position(t) < window
 *
 * Only the last window + queryLen - 1 keys are near to any query.
 */
import type { Value } from "@ropewalk/graph";
import { integers, slice, toEnd, type EmitContext } from "./emit-context.ts";
import type { Positions } from "./positions.ts";

/** The number that is added to the score of a key that is not seen. It is finite, so a row of padding alone has no NaN. */
const maskedScore = -1e30;

const unsqueeze = (context: EmitContext, x: Value, ...axes: readonly number[]): Value =>
  context.tape.op("Unsqueeze", [x, integers(context, ...axes)]);

/** The first key that is near to any query: max(0, totalLen - queryLen - window + 1), [1]. */
export const emitNearStart = (context: EmitContext, positions: Positions, window: number): Value =>
  context.once(`near start ${window}`, () => {
    const tape = context.tape.scope("positions");
    const start = tape.op("Sub", [positions.pastLen, integers(context, window - 1)]);
    return tape.op("Max", [start, integers(context, 0)]);
  });

/** The number of keys from that one on, [1]. */
export const emitNearLength = (context: EmitContext, positions: Positions, window: number): Value =>
  context.once(`near length ${window}`, () =>
    context.tape.scope("positions").op("Sub", [positions.totalLen, emitNearStart(context, positions, window)]),
  );

/** Whether a query is nearer than `window` to the keys from `from` on: bool [batch, 1, queryLen, keys]. */
export const emitIsNear = (context: EmitContext, positions: Positions, window: number, from: Value): Value =>
  context.once(`near ${window}`, () => {
    const tape = context.tape.scope("positions");
    const keys = slice(context, positions.keys, 1, from, toEnd(context));
    const distance = tape.op("Sub", [unsqueeze(context, positions.queries, 1, 3), unsqueeze(context, keys, 1, 2)]);
    return tape.op("Less", [distance, tape.constant("int32", [], [window])]);
  });

/** 0 where a query sees a key and a large negative number where it does not: float32 [batch, 1, queryLen, totalLen]. */
export const emitMask = (context: EmitContext, positions: Positions): Value =>
  context.once("mask", () => {
    const tape = context.tape.scope("mask");
    const column = tape.op("Squeeze", [positions.totalLen, integers(context, 0)]);
    const columns = tape.op("Range", [tape.constant("int64", [], [0]), column, tape.constant("int64", [], [1])]);
    const own = slice(context, columns, 0, positions.pastLen, toEnd(context));
    const before = tape.op("LessOrEqual", [unsqueeze(context, columns, 0), unsqueeze(context, own, 1)]);
    const seen = tape.op("And", [unsqueeze(context, before, 0, 1), unsqueeze(context, positions.isToken, 1, 2)]);
    return tape.op("Where", [seen, tape.constant("float32", [], [0]), tape.constant("float32", [], [maskedScore])]);
  });

/** The mask for the keys from `from` on, of which a query sees only the nearest `window`. */
export const emitWindowMask = (context: EmitContext, positions: Positions, window: number, from: Value): Value =>
  context.once(`mask ${window}`, () => {
    const tape = context.tape.scope("mask");
    const mask = slice(context, emitMask(context, positions), 3, from, toEnd(context));
    const near = emitIsNear(context, positions, window, from);
    return tape.op("Where", [near, mask, tape.constant("float32", [], [maskedScore])]);
  });
