/** The longest run that a model and its extension know positions for, and what to do about a longer one. */
import type { ExtendedDecoder } from "@ropewalk/decoder";

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
