/** A long run, held to a bar. */

export type Soak = {
  readonly name: string;
  /** What must hold, in words. */
  readonly bar: string;
  /** @param scale - 1, or the share of the run that is done; bars on memory hold from 1 on */
  readonly run: (scale: number) => Promise<{ readonly figure: string; readonly holds: boolean }>;
};
