/** Finds values that an Expand repeated. Element-wise operators repeat by themselves, so they can read the smaller value. */
import { domainOf } from "../operators/table.ts";
import type { Recording } from "../record/recording.ts";
import type { Value } from "../model/value.ts";
import type { MakerOf } from "./maker-of.ts";

/** Gives the value that an Expand repeated, undefined for any other. */
export const repeatsOf =
  ({ values }: Recording, makerOf: MakerOf): ((value: Value) => Value | undefined) =>
  (value) => {
    const node = makerOf(value);
    return node?.opType === "Expand" && domainOf(node.domain) === "" ? values.get(node.input[0]!) : undefined;
  };
