/** The error of a run that does not fit: a RangeError with both numbers, which any caller can tell from others, behind a worker too. */

export type ContextLengthExceeded = RangeError & {
  readonly code: "context_length_exceeded";
  /** Tokens that would fit. */
  readonly capacity: number;
  /** Tokens that the run would have had. */
  readonly length: number;
};

const code = "context_length_exceeded";

export const contextLengthExceeded = (message: string, capacity: number, length: number): ContextLengthExceeded =>
  Object.assign(new RangeError(message), { code, capacity, length } as const);

/** Whether an error says that a run does not fit. */
export const isContextLengthExceeded = (error: unknown): error is ContextLengthExceeded =>
  error instanceof Error && (error as Partial<ContextLengthExceeded>).code === code;
