/** The error of a run that does not fit: a RangeError with a code and both lengths. Callers can tell it from others, outside a worker too. */

export type ContextLengthExceeded = RangeError & {
  readonly code: "context_length_exceeded";
  /** How many tokens would fit. */
  readonly capacity: number;
  /** How many tokens the run would have had. */
  readonly length: number;
};

const code = "context_length_exceeded";

export const contextLengthExceeded = (message: string, capacity: number, length: number): ContextLengthExceeded =>
  Object.assign(new RangeError(message), { code, capacity, length } as const);

/** Whether an error says that a run does not fit. */
export const isContextLengthExceeded = (error: unknown): error is ContextLengthExceeded =>
  error instanceof Error && (error as Partial<ContextLengthExceeded>).code === code;
