/**
 * Positions of the tokens of a batch, counted in the attention mask. So a padded row has the positions that it has alone:
 *
 *     position(t) = max(0, ones in mask[0 … t] - 1)
 *
 * Past and new tokens together are T = totalLen columns of the mask; the last C = T - pastLen of them are the queries.
 */
import type { Value } from "@ropewalk/graph";
import { integers, slice, toEnd, type EmitContext } from "./emit-context.ts";

export type Positions = {
  /** Number of past tokens, [1]. */
  readonly pastLen: Value;
  /** Number of past and new tokens, [1]. */
  readonly totalLen: Value;
  /** Whether a column is a token rather than padding, bool [batch, totalLen]. */
  readonly isToken: Value;
  /** Positions of all tokens, int32 [batch, totalLen]. */
  readonly keys: Value;
  /** Positions of the new tokens, int32 [batch, queryLen]. */
  readonly queries: Value;
};

export const emitPositions = (
  context: EmitContext,
  { mask, past }: { readonly mask: Value; readonly past: Value },
): Positions =>
  context.once("positions", () => {
    const tape = context.tape.scope("positions");
    const size = (x: Value, axis: number): Value =>
      tape.op("Gather", [tape.op("Shape", [x]), integers(context, axis)], { axis: 0 });
    const zero = tape.constant("int32", [], [0]);
    const ones = tape.op("Cast", [mask], { to: 6 });
    const counted = tape.op("CumSum", [ones, tape.constant("int64", [], [1])]);
    const keys = tape.op("Max", [tape.op("Sub", [counted, tape.constant("int32", [], [1])]), zero]);
    const pastLen = size(past, 2);
    return {
      pastLen,
      totalLen: size(mask, 1),
      isToken: tape.op("Greater", [ones, zero]),
      keys,
      queries: slice(context, keys, 1, pastLen, toEnd(context)),
    };
  });
