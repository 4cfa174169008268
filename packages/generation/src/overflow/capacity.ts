/** The longest run that a model and its extension know positions for, and what to do about a longer one. */
import type { ExtendedDecoder } from "@ropewalk/decoder";
import { contextLengthExceeded } from "./context-length.ts";

/** What a run beyond the capacity does: an error, or what the model makes of positions it never saw. */
export type BeyondCapacity = "refuse" | "allow";

/** What is wrong with a run of `length` tokens, in words; undefined when it fits. */
export const beyondCapacity = (
  { positions, capacity, knownContext }: ExtendedDecoder,
  length: number,
): string | undefined =>
  length <= capacity
    ? undefined
    : `the run must be at most ${capacity} tokens, the capacity of ${positions.name} on a window of ${knownContext}, ` +
      `got ${length}; ${positions.remedy(knownContext, length)}`;

/** @throws RangeError with the code context_length_exceeded for a run that does not fit, unless that is allowed */
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
