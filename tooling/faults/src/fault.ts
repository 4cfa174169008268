/** A fault that is made to happen, held to a bar. */

export type Fault = {
  readonly name: string;
  /** What must hold, in words. */
  readonly bar: string;
  /** @param scale - 1, or the share of the rounds that are done */
  readonly run: (scale: number) => Promise<{ readonly figure: string; readonly holds: boolean }>;
};
