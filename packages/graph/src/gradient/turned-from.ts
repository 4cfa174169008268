/** Finds matrices that a graph already has transposed: (xᵀ)ᵀ = x costs nothing. */
import { intsAttribute } from "../operators/read-attributes.ts";
import { domainOf } from "../operators/table.ts";
import type { Recording } from "../record/recording.ts";
import type { Value } from "../model/value.ts";
import type { MakerOf } from "./maker-of.ts";

/** Whether a permutation exchanges the last two axes and leaves the others in place. */
export const turnsLastTwo = (perm: readonly number[]): boolean =>
  perm.length >= 2 && perm.every((from, axis) => from === (axis < perm.length - 2 ? axis : 2 * perm.length - 3 - axis));

/** The permutation of a Transpose. Without the attribute, the order of all axes is reversed. */
export const permOf = (call: Parameters<typeof intsAttribute>[0], rank: number): readonly number[] =>
  intsAttribute(call, "perm") ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);

/** Gives the value whose last two axes a Transpose exchanged, undefined for any other. */
export const turnsOf =
  ({ values }: Recording, makerOf: MakerOf): ((value: Value) => Value | undefined) =>
  (value) => {
    const node = makerOf(value);
    if (node === undefined || node.opType !== "Transpose" || domainOf(node.domain) !== "" || value.dims === undefined)
      return undefined;
    const call = { opType: node.opType, name: node.name, attributes: node.attribute, inputs: [], numOutputs: 1 };
    return turnsLastTwo(permOf(call, value.dims.length)) ? values.get(node.input[0]!) : undefined;
  };
