/** The capacity: the longest run that a model knows positions for under its extension. A longer run is refused, unless it is allowed. */
import type { ExtendedDecoder } from "@ropewalk/decoder";
import { contextLengthExceeded } from "./context-length.ts";

/** What happens to a run beyond the capacity: it is refused, or it is run with positions that the model never saw. */
export type BeyondCapacity = "refuse" | "allow";

/** Says in words what is wrong with a run of `length` tokens. Undefined when the run fits. */
export const beyondCapacity = (
  { positions, capacity, knownContext }: ExtendedDecoder,
  length: number,
): string | undefined =>
  length <= capacity
    ? undefined
    : `the run must be at most ${capacity} tokens, the capacity of ${positions.name} on a window of ${knownContext}, ` +
      `got ${length}; ${positions.remedy(knownContext, length)}`;

/** @throws RangeError with the code context_length_exceeded for a run that does not fit, unless `beyond` is "allow" */
export const checkCapacity = (
  where: string,
  extended: ExtendedDecoder,
  length: number,
  beyond: BeyondCapacity | undefined,
): void => {
  const problem = beyondCapacity(extended, length);
  if (problem !== undefined && beyond !== "allow")
    throw contextLengthExceeded(`${where}: ${problem}`, extended.capacity, length);
};
